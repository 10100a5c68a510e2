package gogen

import (
	"fmt"
	"maps"
	"slices"
	"sync"

	"github.com/netc-lang/netc/internal/diag"
	"github.com/netc-lang/netc/ir"
	"github.com/netc-lang/netc/runtime/kernel"
	"github.com/netc-lang/netc/runtime/tensor"
	"github.com/netc-lang/netc/runtime/weights"
)

// part is one tensor of the embedded weights of a net that is packed when it is
// compiled: what a field of the model holds, as its kernels read it.
type part struct {
	name string // in the file
	n    int    // floats; the file has some more, for alignment
	use  string // what the model does with it, p[i]
}

// embed returns the file to compile in. Nets with convolutions on blocks of channels or
// large dense layers get their weights in the order of the kernels, batch norms folded,
// so that a start neither copies nor packs them; the file has the weights of other nets
// as they are.
func embed(file []byte, nets []*netAPI) ([]byte, error) {
	f, err := weights.View(file)
	if err != nil {
		return nil, err
	}
	var arrays []weights.Array
	some := false
	for _, a := range nets {
		list, err := a.pack(f)
		if err != nil {
			return nil, err
		}
		some = some || list != nil
		arrays = append(arrays, list...)
	}
	if !some {
		return file, nil
	}
	for _, a := range nets {
		if a.parts != nil {
			continue
		}
		for _, s := range a.h.states {
			t, _ := lookup(f, s) // which checkWeights found
			if !slices.ContainsFunc(arrays, func(o weights.Array) bool { return o.Name == t.Name }) {
				arrays = append(arrays, weights.Array{Name: t.Name, Shape: t.Shape, Fill: t.ReadFloat32s})
			}
		}
	}
	for _, a := range nets {
		a.settle()
	}
	return weights.Encode(arrays, nil)
}

// settleFrom are the bytes of packed weights that may settle: fewer have no whole huge page, or
// hardly one, and are copied where they lie badly.
const settleFrom = 4 << 20

// settle makes calls of the net count, so that its weights move to large pages.
func (a *netAPI) settle() {
	size := 0
	for _, p := range a.parts {
		size += 4 * p.n
	}
	if a.settles = size >= settleFrom; !a.settles {
		return
	}
	for _, l := range []*lowering{a.infer, a.predict} {
		if l != nil {
			l.settles = true
		}
	}
}

// packAhead is the floats of dense layers below which packing them at the start is not
// worth a second table of weights: it takes a tenth of a millisecond.
const packAhead = 1 << 16

// worthPacking reports whether weights are packed when the net is compiled: those of
// convolutions on blocks always, whose packing takes plain loops.
func (a *netAPI) worthPacking() bool {
	dense := 0
	for _, p := range a.h.packs {
		switch k := a.u.packers[p.plan].(type) {
		case nil: // the order depends on the processor
		case *kernel.Dense:
			dense += k.PackedLen()
		default:
			return true
		}
	}
	return dense >= packAhead
}

// pack returns what the fields of the model hold, to be computed where it lies in the
// file, or nil where packing can wait for the start.
func (a *netAPI) pack(f *weights.File) ([]weights.Array, error) {
	if !a.worthPacking() {
		return nil, nil
	}
	var arrays []weights.Array
	add := func(field string, n int, use string, fill func(dst []float32) error) {
		name := a.goName + "/" + field
		a.parts = append(a.parts, part{name, n, use})
		arrays = append(arrays, weights.Array{Name: name, Shape: []int{padded(n)}, Fill: func(dst []float32) error { return fill(dst[:n]) }})
	}
	scratch := sync.Pool{New: func() any { return newConstants() }} // arrays are filled side by side
	// with calls do with the elements of v, which do must not keep.
	with := func(l *lowering, v *ir.Value, do func(x []float32)) error {
		c := scratch.Get().(*constants)
		defer scratch.Put(c)
		c.begin(func(v *ir.Value) ([]float32, error) {
			t, ok := lookup(f, l.state(v))
			if !ok {
				return nil, fmt.Errorf("the weights hold nothing called %s", l.state(v).Name)
			}
			if x, ok := t.InPlace(); ok {
				return x, nil
			}
			x := c.floats(t.Shape.Elems())
			return x, t.ReadFloat32s(x)
		})
		x, err := c.of(v)
		if err == nil {
			do(x)
		}
		return err
	}
	for _, k := range a.h.kept {
		t, ok := lookup(f, a.h.states[a.h.keptIndex[k.name]])
		if !ok {
			return nil, fmt.Errorf("the weights hold nothing called %s", k.doc)
		}
		add(k.name, t.Shape.Elems(), "m."+k.name+" = %s", t.ReadFloat32s)
	}
	for _, key := range slices.Sorted(maps.Keys(a.h.setups)) {
		s := a.h.setups[key]
		if !s.kept {
			continue
		}
		if s.v.Type.DType != tensor.F32 {
			a.parts = nil
			return nil, nil
		}
		add(s.name, int(s.n), "m."+s.name+" = %s", func(dst []float32) error {
			return with(s.l, s.v, func(x []float32) { asIs(dst, x) })
		})
	}
	for _, p := range a.h.packs {
		n, use := int(p.l.stored(p.v).fixed), "m."+p.name+" = %s"
		pack := asIs
		if k := a.u.packers[p.plan]; k != nil {
			n, pack = k.PackedLen(), k.Pack
		} else { // its order depends on the processor
			use = fmt.Sprintf("m.%s = nrt.Floats(%s.PackedLen())\n%s.Pack(m.%s, %%s)", p.name, p.plan, p.plan, p.name)
		}
		add(p.name, n, use, func(dst []float32) error {
			return with(p.l, p.v, func(x []float32) { pack(dst, x) })
		})
	}
	return arrays, nil
}

// asIs copies all of x to dst.
func asIs(dst, x []float32) {
	if len(dst) != len(x) {
		diag.Bugf("gogen: found %d floats of a weight, expected %d", len(x), len(dst))
	}
	copy(dst, x)
}

// writeParts emits the table of the packed weights and the method that takes them.
func (a *netAPI) writeParts(f *source) {
	if a.parts == nil {
		return
	}
	f.use(pathRuntime)
	f.p("// %s are the weights that are compiled in, in the order of the kernels.", a.partsName)
	f.p("var %s = [...]nrt.State{", a.partsName)
	for _, p := range a.parts {
		f.p("{Name: %q, Shape: []int{%d}},", p.name, padded(p.n))
	}
	f.p("}")
	f.p("")
	f.p("// use keeps the weights p, in the order of %s, as the kernels read them.", a.partsName)
	f.p("func (m *%s) use(p [][]float32) {", a.goName)
	for i, p := range a.parts {
		f.p(p.use, fmt.Sprintf("p[%d][:%d]", i, p.n))
	}
	f.p("}")
	f.p("")
}
