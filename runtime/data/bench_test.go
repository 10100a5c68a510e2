package data

import (
	"io"
	"testing"

	"github.com/netc-lang/netc/internal/testkit"
)

// digits is the data section of the first example.
func digits() *Spec {
	step := func(name, arg string, v any) Step {
		return Step{Fields: []string{"image"}, Call: StepCall{Name: name, Args: map[string]any{arg: v}}}
	}
	return &Spec{
		Name:   "Digits",
		Source: StepCall{Name: "mnist", Args: map[string]any{"dir": "data/mnist"}},
		Fields: []Field{
			{Name: "image", Kind: Picture, H: 28, W: 28, C: 1, Set: "Gray"},
			{Name: "label", Kind: Label, Set: "Digit", Labels: []string{"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"}},
		},
		Augment: []Step{
			step("rotate", "degrees", [2]float64{-12, 12}),
			step("translate", "by", [2]float64{-0.1, 0.1}),
			step("scale", "by", [2]float64{0.9, 1.1}),
		},
		Prep: []Step{{Fields: []string{"image"}, Call: StepCall{Name: "chw"}}},
	}
}

// BenchmarkLoader reports the time of one augmented digit with one worker.
func BenchmarkLoader(b *testing.B) {
	spec := digits()
	src, err := Open(spec, testkit.Root(b)+"/examples/01_digits")
	if err != nil {
		b.Fatal(err)
	}
	set, err := src.Split(Test)
	if err != nil {
		b.Fatal(err)
	}
	l, err := NewLoader(spec, set, LoaderOptions{Batch: 128, Train: true})
	if err != nil {
		b.Fatal(err)
	}
	defer l.Stop()
	epoch := 0
	l.Start(0, 0)
	b.ReportAllocs()
	for n := 0; n < b.N; {
		batch, err := l.Next()
		if err == io.EOF {
			epoch++
			l.Start(epoch, 0)
			continue
		}
		if err != nil {
			b.Fatal(err)
		}
		n += batch.N
	}
}
