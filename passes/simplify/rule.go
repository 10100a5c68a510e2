package simplify

import (
	"fmt"
	"slices"

	"github.com/netc-lang/netc/internal/diag"
	"github.com/netc-lang/netc/ir"
	"github.com/netc-lang/netc/ir/op"
)

// Rule is one law of algebra: an instruction of one of Ops that has the form of
// the left side becomes the right side.
type Rule struct {
	Name  string // VerbSubject
	Law   string
	Ops   []string // roots of the left side
	Exact bool     // holds for f32 arithmetic, not only for numbers
	// apply returns the values that take the place of the results of in, or nil
	// where the rule does not match. It must keep types.
	apply func(c *context, in *ir.Instr) []*ir.Value
}

// rules is the table; the files rules_*.go hold its sections.
var rules = slices.Concat(arithmeticRules, activationRules, shapeRules, reduceRules, linearRules)

// Rules returns the table in the order in which rules are tried.
func Rules() []Rule { return slices.Clone(rules) }

// byOp lists the rules of each root, in the order of the table.
var byOp = map[string][]Rule{}

func init() {
	names := map[string]bool{}
	for _, r := range rules {
		if names[r.Name] {
			panic("simplify: two rules are called " + r.Name)
		}
		names[r.Name] = true
		for _, name := range r.Ops {
			byOp[name] = append(byOp[name], r)
		}
	}
}

func panicRule(r Rule, in *ir.Instr, outs []*ir.Value) {
	got := ""
	for _, v := range outs {
		if v != nil {
			got += " " + v.Type.String()
		}
	}
	diag.Bugf("rule %s at %v made%s of %v", r.Name, in.Pos, got, in.Outs[0].Type)
}

// from returns the instruction that defines v if it applies one of the ops.
func from(v *ir.Value, ops ...string) *ir.Instr {
	if v == nil || v.Def == nil || !slices.Contains(ops, v.Def.Op.Name) {
		return nil
	}
	return v.Def
}

// keep returns v as the replacement of in if it has the type of its result.
func keep(in *ir.Instr, v *ir.Value) []*ir.Value {
	if !v.Type.Equal(in.Outs[0].Type) {
		return nil
	}
	return []*ir.Value{v}
}

// emit applies an op; the result must have the type of in's.
func (c *context) emit(in *ir.Instr, name string, attrs op.Attrs, args ...*ir.Value) []*ir.Value {
	return keep(in, c.b.One(name, attrs, args...))
}

// is reports whether every element of v is x.
func is(v *ir.Value, x float64) bool {
	s, ok := splat(v)
	return ok && s == x
}

func (r Rule) String() string { return fmt.Sprintf("%s: %s", r.Name, r.Law) }
