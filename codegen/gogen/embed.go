package gogen

import (
	"bytes"
	"fmt"
	"maps"
	"slices"

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
	f, err := weights.Read(bytes.NewReader(file), int64(len(file)))
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
			x, err := t.Float32s()
			if err != nil {
				return nil, err
			}
			if !slices.ContainsFunc(arrays, func(o weights.Array) bool { return o.Name == t.Name }) {
				arrays = append(arrays, weights.Array{Name: t.Name, Shape: t.Shape, Floats: x})
			}
		}
	}
	for _, a := range nets {
		a.settle()
	}
	return weights.Encode(arrays, nil)
}

// Packed weights of so many bytes settle: fewer have no whole huge page, or hardly one. Of
// more a call gains nothing that can be measured (ResNet-50: 100 MB, which come from memory
// either way), and the move takes tens of megabytes for a moment.
const settleFrom, settleMost = 4 << 20, 32 << 20

// settle makes calls of the net count, so that its weights move to large pages.
func (a *netAPI) settle() {
	size := 0
	for _, p := range a.parts {
		size += 4 * p.n
	}
	if a.settles = size >= settleFrom && size <= settleMost; !a.settles {
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

// pack computes what the fields of the model hold, or returns nil where packing can
// wait for the start.
func (a *netAPI) pack(f *weights.File) ([]weights.Array, error) {
	if !a.worthPacking() {
		return nil, nil
	}
	var arrays []weights.Array
	add := func(field string, x []float32, use string) {
		name := a.goName + "/" + field
		a.parts = append(a.parts, part{name, len(x), use})
		x = padded(x)
		arrays = append(arrays, weights.Array{Name: name, Shape: []int{len(x)}, Floats: x})
	}
	c := newConstants()
	of := func(l *lowering, v *ir.Value) ([]float32, error) {
		c.states = func(v *ir.Value) ([]float32, error) {
			t, ok := lookup(f, l.state(v))
			if !ok {
				return nil, fmt.Errorf("the weights hold nothing called %s", l.state(v).Name)
			}
			return t.Float32s()
		}
		c.forget()
		return c.of(v)
	}
	for _, k := range a.h.kept {
		t, ok := lookup(f, a.h.states[a.h.keptIndex[k.name]])
		if !ok {
			return nil, fmt.Errorf("the weights hold nothing called %s", k.doc)
		}
		x, err := t.Float32s()
		if err != nil {
			return nil, err
		}
		add(k.name, x, "m."+k.name+" = %s")
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
		x, err := of(s.l, s.v)
		if err != nil {
			return nil, err
		}
		add(s.name, x, "m."+s.name+" = %s")
	}
	for _, p := range a.h.packs {
		x, err := of(p.l, p.v)
		if err != nil {
			return nil, err
		}
		k := a.u.packers[p.plan]
		if k == nil { // its order depends on the processor
			add(p.name, x, fmt.Sprintf("m.%s = nrt.Floats(%s.PackedLen())\n%s.Pack(m.%s, %%s)", p.name, p.plan, p.plan, p.name))
			continue
		}
		y := make([]float32, k.PackedLen())
		k.Pack(y, x)
		add(p.name, y, "m."+p.name+" = %s")
	}
	return arrays, nil
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
		f.p("{Name: %q, Shape: []int{%d}},", p.name, len(padded(make([]float32, p.n))))
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
