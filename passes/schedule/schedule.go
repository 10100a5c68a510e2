package schedule

import (
	"fmt"
	"slices"

	"github.com/netc-lang/netc/ir"
	"github.com/netc-lang/netc/ir/op"
	"github.com/netc-lang/netc/ir/target"
	"github.com/netc-lang/netc/passes/memory"
)

// Run reorders every function of m whose sizes are known where that lowers the peak
// of its storage. The note tells how many functions that were, and what they save.
//
// Errors: those of the memory pass, for a module that no plan fits.
func Run(m *ir.Module, t target.Desc) (string, error) {
	n, saved := 0, int64(0)
	for _, f := range m.Funcs {
		less, err := better(f, int64(t.Align))
		if err != nil {
			return "", fmt.Errorf("%s: %w", f.Name, err)
		}
		if less > 0 {
			n, saved = n+1, saved+less
		}
	}
	return fmt.Sprintf("%d functions in another order, %.1f kB less", n, float64(saved)/1000), nil
}

// batch is the number of samples that storage is compared for: one where a net answers,
// many where it learns.
func batch(f *ir.Func) int64 {
	if f.Kind == ir.Infer || f.Kind == ir.PredictFunc {
		return 1
	}
	return 32
}

// better gives f the order that was found, if its arena is smaller, and returns by how
// much.
func better(f *ir.Func, align int64) (saved int64, err error) {
	if !memory.Linear(f) {
		return 0, nil
	}
	source, n := f.Instrs, batch(f)
	order := reordered(f, n, align)
	if slices.Equal(order, source) {
		return 0, nil
	}
	before, err := memory.Size(f, n, align)
	if err != nil {
		return 0, err
	}
	f.Instrs = order
	after, err := memory.Size(f, n, align)
	if err != nil || after >= before {
		f.Instrs = source
		return 0, err
	}
	return before - after, nil
}

// reordered returns the instructions of f in the order that the search found. What
// writes a state, or draws random numbers, stays where it is, and with it what comes
// before and after.
func reordered(f *ir.Func, n, align int64) []*ir.Instr {
	last := lastReaders(f)
	var out []*ir.Instr
	for from := 0; from < len(f.Instrs); {
		to := from
		for to < len(f.Instrs) && !fixed(f.Instrs[to]) {
			to++
		}
		out = append(out, newModel(f, from, to, last, func(v *ir.Value) int64 { return bytesOf(v, n, align) }).order()...)
		if to < len(f.Instrs) {
			out = append(out, f.Instrs[to])
			to++
		}
		from = to
	}
	return out
}

// fixed reports whether in must not move.
func fixed(in *ir.Instr) bool {
	return in.Op.Effect == op.Update || in.Op.Name == "random" || in.Op.Name == "dropout"
}

// lastReaders returns the number of the last instruction that reads each value, that
// of no instruction for results.
func lastReaders(f *ir.Func) map[*ir.Value]int {
	last := map[*ir.Value]int{}
	for i, in := range f.Instrs {
		for _, a := range in.Args {
			if a != nil {
				last[a] = i
			}
		}
	}
	for _, r := range f.Results {
		last[r.Value] = len(f.Instrs)
	}
	return last
}
