package blocked

import (
	"runtime"
	"slices"
	"testing"

	"github.com/netc-lang/netc/runtime/kernel"
	"github.com/netc-lang/netc/runtime/parallel"
)

// TestStep runs an inverted residual block kernel by kernel and as one step, split both
// ways: the same bits for any number of threads, and no allocation.
func TestStep(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(8)) // no pool has more threads
	r := newRand(t)
	type shape struct{ c, wide, size, stride, n int }
	shapes := []shape{{16, 96, 40, 2, 1}, {32, 192, 15, 1, 2}, {24, 144, 28, 1, 1}, {40, 240, 7, 1, 9}}
	if kernel.Selected() == kernel.Generic { // whose chunks take so long that eight threads on two processors mostly wait
		shapes = []shape{{8, 16, 12, 2, 1}, {8, 24, 7, 1, 5}}
	}
	for _, s := range shapes {
		for _, split := range []Split{ByRows, ByChannels} {
			pointwise := func(c, o, size, in, out int) *Conv {
				return NewConv(ConvConfig{ISA: kernel.Selected(), Split: split, In: Map{C: c, H: size, W: size, Halo: in}, Out: Map{C: o, H: size, W: size, Halo: out},
					Shape: kernel.ConvShape{C: c, H: size, W: size, O: o, R: 1, S: 1, StrideH: 1, StrideW: 1, DilH: 1, DilW: 1, Groups: 1}})
			}
			middle := kernel.ConvShape{C: s.wide, H: s.size, W: s.size, O: s.wide, R: 3, S: 3, StrideH: s.stride, StrideW: s.stride,
				PadTop: 1, PadLeft: 1, PadBottom: 1, PadRight: 1, DilH: 1, DilW: 1, Groups: s.wide}
			expand := pointwise(s.c, s.wide, s.size, 0, 1)
			depth := NewConv(ConvConfig{ISA: kernel.Selected(), Split: split, Shape: middle, In: expand.Out, Out: Map{C: s.wide, H: middle.P(), W: middle.Q()}})
			project := pointwise(s.wide, s.c, middle.P(), 0, 0)
			mean := NewMean(MeanConfig{In: project.Out, ISA: kernel.Selected()})
			convs := []*Conv{expand, depth, project}
			var packed [][]float32
			x := random(r, s.n*expand.In.Step())
			for _, p := range convs {
				w := kernel.Aligned(p.PackedLen())
				p.Pack(w, random(r, p.Shape.Weights()))
				packed = append(packed, w)
			}
			run := func(threads int, step bool) []float32 {
				pool := parallel.New(threads)
				defer pool.Close()
				c := kernel.NewCtx(pool)
				for _, p := range convs {
					c.Reserve(p.Need(s.n))
				}
				y := [][]float32{x}
				for _, p := range convs {
					y = append(y, make([]float32, s.n*p.Out.Step()))
				}
				y = append(y, make([]float32, s.n*s.c))
				all := func() {
					for _, y := range y[1:] {
						poison(y)
					}
					if step {
						c.Begin()
					}
					for i, p := range convs {
						p.Run(c, s.n, y[i+1], y[i], packed[i], nil, nil)
					}
					mean.Run(c, s.n, y[4], y[3])
					c.End()
				}
				all()
				first := slices.Concat(y[1:]...)
				for range 10 {
					if all(); !slices.Equal(slices.Concat(y[1:]...), first) {
						t.Fatalf("%+v, split %d, %d threads, step %t: got other bits the second time", s, split, threads, step)
					}
				}
				if got := testing.AllocsPerRun(5, all); got != 0 {
					t.Errorf("%+v, %d threads: got %v allocations, want 0", s, threads, got)
				}
				return first
			}
			want := run(1, false)
			for _, threads := range []int{1, 2, 3, 8} {
				for _, step := range []bool{false, true} {
					if !slices.Equal(run(threads, step), want) {
						t.Errorf("%+v, split %d, %d threads, step %t: got other bits than one thread", s, split, threads, step)
					}
				}
			}
		}
	}
}
