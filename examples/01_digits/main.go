// Command 01_digits reads the hand-written digit in each picture it is given:
//
//	go run ./examples/01_digits examples/01_digits/pictures/seven.png
package main

//go:generate go tool netc compile lenet.net

import (
	"context"
	"fmt"
	"image"
	_ "image/png"
	"log"
	"os"

	"github.com/netc-lang/netc/examples/01_digits/lenet"
)

func main() {
	net, err := lenet.New()
	if err != nil {
		log.Fatal(err)
	}
	for _, path := range os.Args[1:] {
		f, err := os.Open(path)
		if err != nil {
			log.Fatal(err)
		}
		img, _, err := image.Decode(f)
		f.Close()
		if err != nil {
			log.Fatalf("%s: %v", path, err)
		}
		p, err := net.Predict(context.Background(), img)
		if err != nil {
			log.Fatalf("%s: %v", path, err)
		}
		fmt.Println(p.Digit)
	}
}
