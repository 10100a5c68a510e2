package passtest

import "github.com/netc-lang/netc/ir"

// Renumber gives the values of f numbers in order of definition, so that golden
// text does not depend on what a pass made and dropped on its way.
func Renumber(f *ir.Func) {
	n := 0
	number := func(vs []*ir.Value) {
		for _, v := range vs {
			v.ID = n
			n++
		}
	}
	number(f.Inputs)
	for _, in := range f.Instrs {
		for _, b := range in.Body {
			number(b.Outs)
		}
		if len(in.Body) == 0 { // the results of a region are values of its body
			number(in.Outs)
		}
	}
}
