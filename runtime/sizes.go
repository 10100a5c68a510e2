package nrt

import (
	"fmt"
	"strings"

	"github.com/netc-lang/netc/runtime/kernel"
	"github.com/netc-lang/netc/runtime/tensor"
)

// Size is a run-time size of a network with what its where-clauses ask: from Min to
// Max, a multiple of Multiple.
type Size struct {
	Name               string // as the source calls it
	Value              int
	Min, Max, Multiple int
}

// CheckSizes reports whether sizes are what the where-clauses of a network ask, and
// whether their product is at most most, beyond which no machine has the memory.
//
// Errors: all sizes that were given, and the first clause that does not hold.
func CheckSizes(most float64, sizes ...Size) error {
	product := 1.0
	for _, s := range sizes {
		wanted := ""
		switch rest := s.Value % max(s.Multiple, 1); {
		case s.Value < s.Min || s.Value > s.Max:
			wanted = fmt.Sprintf("%s from %d to %d", s.Name, s.Min, s.Max)
		case rest != 0:
			wanted = fmt.Sprintf("%s %% %d == 0", s.Name, s.Multiple)
			var near []string
			for _, v := range []int{s.Value - rest, s.Value - rest + s.Multiple} {
				if v >= s.Min && v <= s.Max {
					near = append(near, fmt.Sprint(v))
				}
			}
			if len(near) > 0 {
				wanted += ", such as " + strings.Join(near, " or ")
			}
		}
		if wanted != "" {
			return fmt.Errorf("found %s; expected %s", sizesText(sizes), wanted)
		}
		product *= float64(s.Value)
	}
	if product > most {
		return fmt.Errorf("found %s, which is more than any memory holds; expected a product of at most %.3g", sizesText(sizes), most)
	}
	return nil
}

func sizesText(sizes []Size) string {
	text := make([]string, len(sizes))
	for i, s := range sizes {
		text[i] = fmt.Sprintf("%s = %d", s.Name, s.Value)
	}
	return strings.Join(text, ", ")
}

// FloorDiv returns a/d rounded down, for d > 0.
func FloorDiv(a, d int) int {
	q := a / d
	if a%d < 0 {
		q--
	}
	return q
}

// Blocks allocates an arena for the session of c and returns the storage of each block in
// it, at least its bytes long and at a multiple of Alignment, or nil where there is no room
// for it. Blocks that are not in use at the same step share bytes.
func Blocks(c *kernel.Ctx, blocks []tensor.Block) [][]float32 {
	offsets, arena, _ := tensor.PackArena(blocks, Alignment)
	a := c.Floats(int(arena / 4))
	if a == nil && arena > 0 {
		return nil
	}
	out := make([][]float32, len(blocks))
	for i, b := range blocks {
		lo, n := int(offsets[i]/4), int((b.Bytes+3)/4)
		out[i] = a[lo : lo+n : lo+n]
	}
	return out
}

// Array is an output whose size is that of its picture: Values row by row, for axes
// of the sizes Shape.
type Array[T any] struct {
	Shape  []int `json:"shape"`
	Values []T   `json:"values"`
}

// At returns the element at one index for each axis. It panics, as slices do, where
// there is none.
func (a Array[T]) At(index ...int) T {
	if len(index) != len(a.Shape) {
		panic(fmt.Sprintf("nrt: %d indices into an array of %d axes", len(index), len(a.Shape)))
	}
	at := 0
	for i, k := range index {
		if k < 0 || k >= a.Shape[i] {
			panic(fmt.Sprintf("nrt: index %v of an array %v", index, a.Shape))
		}
		at = at*a.Shape[i] + k
	}
	return a.Values[at]
}
