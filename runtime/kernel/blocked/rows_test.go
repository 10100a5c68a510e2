package blocked

import (
	"fmt"
	"slices"
	"testing"

	"github.com/netc-lang/netc/runtime/kernel"
)

// TestRowsOfPlanes compares the row kernels over some planes with plain loops, bit for bit:
// planes of one call and of several, planes that are several calls themselves, and what lies
// between rows and planes, which stays.
func TestRowsOfPlanes(t *testing.T) {
	r := newRand(t)
	for _, size := range []struct{ planes, rows, width int }{
		{1, 1, 1}, {3, 7, 7}, {5, 4, 14}, {2, 1, 33},
		{5, 30, 61}, {3, 70, 120}, {4, 1, rowsRun / Block}, {2, 2, rowsRun/Block + 3},
	} {
		f := rowsOf{planes: size.planes, rows: size.rows, width: size.width}
		apart := func() (values []float32, step, plane int) {
			step = (size.width + r.IntN(3)) * Block
			plane = size.rows*step + r.IntN(3)*Block
			return random(r, size.planes*plane), step, plane
		}
		var y []float32
		y, f.ystep, f.yplane = apart()
		f.x, f.xstep, f.xplane = apart()
		f.z, f.zstep, f.zplane = apart()
		e := kernel.Epilogue{Act: kernel.ActClamp, Args: [2]float32{-0.5, 0.75}}
		for _, op := range []struct {
			name string
			run  func(isa kernel.ISA, f rowsOf)
		}{
			{"sum", func(isa kernel.ISA, f rowsOf) { f.apply(isa, &e) }},
			{"one operand", func(isa kernel.ISA, f rowsOf) { f.z = nil; f.apply(isa, &e) }},
			{"scale", func(isa kernel.ISA, f rowsOf) { f.scale(isa) }},
		} {
			want := slices.Clone(y)
			f.y = want
			op.run(kernel.Generic, f)
			for _, isa := range isas()[1:] {
				got := slices.Clone(y)
				f.y = got
				op.run(isa, f)
				wantSame(t, fmt.Sprintf("%v, %s, %+v", isa, op.name, size), got, want)
			}
		}
	}
}
