package check

import (
	"fmt"

	"github.com/netc-lang/netc/lang/syntax"
)

// costOf recognises NET.macs and NET.arena, which may be called with sizes.
func (f *frame) costOf(x *syntax.Member) (costRef, bool) {
	if x.Name.Name != "macs" && x.Name.Name != "arena" {
		return costRef{}, false
	}
	v, ok := f.eval(x.X).(*callable)
	if !ok || v.block == nil || !v.block.Net || !v.bare() {
		return costRef{}, false
	}
	n := f.c.netOf(v.mod, v.block)
	f.c.elaborate(n)
	return costRef{n.net, x.Name.Name}, !n.failed
}

// callCost is NET.macs(N=1) or NET.arena(H=256, W=256).
func (f *frame) callCost(ref costRef, x *syntax.Call) value {
	env := map[string]int64{"N": 1}
	for _, a := range x.Args {
		v := f.eval(a.Value)
		k, ok := numberOf(v)
		i, whole := int64(0), false
		if ok {
			i, whole = k.int()
		}
		if a.Name == nil || !whole {
			if !isPoison(v) {
				f.fail(a.Where, "E0302", fmt.Sprintf("`.%s` takes sizes by name", ref.name), "", fmt.Sprintf("write `.%s(N=1)`", ref.name))
			}
			return poison{}
		}
		env[a.Name.Name] = i
	}
	return f.cost(ref, env, x)
}

// cost is the number of products, or the bytes of working memory, of one run at the sizes
// of env.
func (f *frame) cost(ref costRef, env map[string]int64, x syntax.Expr) value {
	n, what := ref.net, "the products of `%s` depend on more than the batch: %v"
	var total int64
	var err error
	if ref.name == "macs" {
		total, err = macsOf(n.Infer.Calls).Eval(env)
	} else {
		what = "the working memory of `%s` is not known: %v"
		planner, ok := f.c.ld.(ArenaPlanner)
		if !ok || f.c.problems() > 0 {
			return poison{} // nothing here plans memory, or there is something else to mend first
		}
		total, err = planner.Arena(&Program{Package: f.c.program.Package, Source: f.c.program.Source, Nets: []*Net{n}}, n.Name, env)
	}
	if err != nil {
		return f.fail(x.Span(), "E0225", fmt.Sprintf(what, n.Name, err), "", fmt.Sprintf("write `.%s(H=256, W=256)`", ref.name))
	}
	return whole(total)
}
