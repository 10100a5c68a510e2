package main

import (
	"context"
	"fmt"
	"image"
	"os"

	"github.com/netc-lang/netc/examples/01_digits/lenet"
)

// A picture goes in, a Digit comes out; String and JSON give its label.
func Example() {
	net, err := lenet.New()
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, name := range []string{"zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"} {
		f, err := os.Open("pictures/" + name + ".png")
		if err != nil {
			fmt.Println(err)
			return
		}
		img, _, err := image.Decode(f)
		f.Close()
		if err != nil {
			fmt.Println(err)
			return
		}
		p, err := net.Predict(context.Background(), img)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(name, p.Digit, p.Confidence > 0.9)
	}
	// Output:
	// zero 0 true
	// one 1 true
	// two 2 true
	// three 3 true
	// four 4 true
	// five 5 true
	// six 6 true
	// seven 7 true
	// eight 8 true
	// nine 9 true
}

// A session runs batches without allocating: the caller writes the prepared
// pictures and reads the outputs.
func Example_session() {
	net, err := lenet.New()
	if err != nil {
		fmt.Println(err)
		return
	}
	s, err := net.NewSession(16)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer s.Close()
	clear(s.Image())
	if err := s.Run(); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(len(s.Image()), len(s.Logits()), len(s.Logits()[0]))
	// Output: 12544 16 10
}
