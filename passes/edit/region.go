package edit

import (
	"slices"

	"github.com/netc-lang/netc/ir"
)

// TrimRegion takes results out of a region, but the last one, and the part of its body
// that they alone needed. Its operands are then what the rest reads from outside, in
// order of first use.
func TrimRegion(in *ir.Instr, drop func(v *ir.Value) bool) {
	if !slices.ContainsFunc(in.Outs, func(v *ir.Value) bool { return !drop(v) }) {
		in.Outs = in.Outs[len(in.Outs)-1:]
	} else {
		in.Outs = slices.DeleteFunc(in.Outs, drop)
	}
	used := map[*ir.Value]bool{}
	for _, v := range in.Outs {
		used[v] = true
	}
	var body []*ir.Instr
	for _, b := range slices.Backward(in.Body) {
		if slices.ContainsFunc(b.Outs, func(v *ir.Value) bool { return used[v] }) {
			body = append(body, b)
			for _, a := range b.Args {
				used[a] = true
			}
		}
	}
	slices.Reverse(body)
	in.Body, in.Args = body, nil
	inside := map[*ir.Value]bool{}
	for _, b := range body {
		for _, a := range b.Args {
			if a != nil && !inside[a] && !slices.Contains(in.Args, a) {
				in.Args = append(in.Args, a)
			}
		}
		for _, v := range b.Outs {
			inside[v] = true
		}
	}
}
