// Command 02_cells says which kind of blood cell each picture shows:
//
//	go run ./examples/02_cells examples/02_cells/data/test/WBC/*.jpg
package main

//go:generate go tool netc compile cells.net

import (
	"context"
	"fmt"
	"image"
	_ "image/jpeg"
	"log"
	"os"

	"github.com/netc-lang/netc/examples/02_cells/cells"
)

func main() {
	net, err := cells.New()
	if err != nil {
		log.Fatal(err)
	}
	for _, path := range os.Args[1:] {
		p, err := predict(net, path)
		if err != nil {
			log.Fatalf("%s: %v", path, err)
		}
		fmt.Printf("%s: %v (%.0f %%)\n", path, p.Cell, 100*p.Confidence)
	}
}

func predict(net *cells.Cells, path string) (cells.CellsPrediction, error) {
	f, err := os.Open(path)
	if err != nil {
		return cells.CellsPrediction{}, err
	}
	defer f.Close()
	img, _, err := image.Decode(f)
	if err != nil {
		return cells.CellsPrediction{}, err
	}
	return net.Predict(context.Background(), img)
}
