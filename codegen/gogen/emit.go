package gogen

import "github.com/netc-lang/netc/ir"

// emitter writes the code of one instruction.
type emitter func(l *lowering, in *ir.Instr)

// emitters is the lowering table. An operation that is not here has no kernel in
// this version; [Package] refuses it with its source position. Operations that
// never reach a planned module (batch_norm and dropout are expanded by the mode
// pass) are in the list expanded instead, and a test checks that every row of
// ir/op is in one of the two or is refused.
var emitters = map[string]emitter{}

// register adds rows to the table; each family of operations has a file with its
// rows.
func register(rows map[string]emitter) {
	for name, e := range rows {
		if emitters[name] != nil {
			panic("gogen: two emitters for " + name)
		}
		emitters[name] = e
	}
}

// nothing is the emitter of operations that only name data.
func nothing(*lowering, *ir.Instr) {}
