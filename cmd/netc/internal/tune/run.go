package tune

import (
	"context"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/netc-lang/netc/ir"
	"github.com/netc-lang/netc/ir/target"
	"github.com/netc-lang/netc/runtime/kernel"
	"github.com/netc-lang/netc/runtime/parallel"
)

// How candidates are timed.
const (
	window = 2 * time.Millisecond // of calls of one candidate
	rounds = 9
)

// Options say what is measured and what becomes of it.
type Options struct {
	Kernels string // hash of the kernels' source
	Machine target.Machine
	ISAs    []kernel.ISA
	Threads int
	// Note receives each result as it comes.
	Note func(Result) error
}

// Result is what was found for one operation in one instruction set.
type Result struct {
	Done, Total int
	Line        target.TuneLine
	Micros      map[string]float64 // of every candidate that was timed
	Wrong       []string           // candidates that failed the comparison: a bug of the kernels
}

// Skipped is an operation that has one algorithm only.
type Skipped struct {
	Op, Why string
	Count   int
}

// Operations returns the distinct operations of m that have a choice, in order of
// appearance, and those that have none, by name.
func Operations(m *ir.Module) (ops []ir.Contraction, skipped []Skipped) {
	seen := map[string]bool{}
	skip := func(op, why string) {
		i := slices.IndexFunc(skipped, func(s Skipped) bool { return s.Op == op && s.Why == why })
		if i < 0 {
			i, skipped = len(skipped), append(skipped, Skipped{op, why, 0})
		}
		skipped[i].Count++
	}
	for _, f := range m.Funcs {
		images := ir.UsualImages(m, f)
		for _, in := range parts(f) {
			if in.Op.Name == "param" || in.Op.Name == "buffer" || in.Op.Name == "const" {
				continue
			}
			if !strings.HasPrefix(in.Op.Name, "conv") {
				skip(in.Op.Name, "it has one algorithm")
				continue
			}
			c, ok := ir.ContractionOf(in, images)
			if !ok {
				skip(in.Op.Name, "its sizes are known only at run time")
				continue
			}
			if names, why := candidates(c); len(names) == 0 {
				skip(in.Op.Name, why)
			} else if key := c.String(); !seen[key] {
				seen[key] = true
				ops = append(ops, c)
			}
		}
	}
	return ops, skipped
}

// parts are the instructions of f, those of chains one by one.
func parts(f *ir.Func) (list []*ir.Instr) {
	for _, in := range f.Instrs {
		list = append(list, in.Parts()...)
	}
	return list
}

// candidates are the algorithms of c, with the plain layout where a whole function may
// stay in it.
func candidates(c ir.Contraction) (names []string, why string) {
	names, why = c.Algorithms()
	if c.Op != "conv" || c.C <= ir.StemChannels || c.Groups > 1 {
		return names, why
	}
	if len(names) == 0 {
		names = []string{"direct"}
	}
	return append(names, target.Plain), ""
}

// Run measures the operations one by one until ctx ends. Nothing of a finished one is
// lost.
//
// Errors: that of Note; ctx's when it ended.
func Run(ctx context.Context, ops []ir.Contraction, o Options) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	pool := parallel.New(max(o.Threads, 1))
	defer pool.Close()
	done := 0
	for _, c := range ops {
		s := newSubject(c, int(c.Images), kernel.NewCtx(pool))
		if err := s.define(ctx); err != nil {
			return err
		}
		for _, isa := range o.ISAs {
			r, err := s.measure(ctx, isa)
			if err != nil {
				return err
			}
			done++
			r.Done, r.Total = done, len(ops)*len(o.ISAs)
			r.Line.Op, r.Line.Kernels, r.Line.Machine, r.Line.ISA, r.Line.Threads = c.String(), o.Kernels, o.Machine, isa.String(), pool.Threads()
			if err := o.Note(r); err != nil {
				return err
			}
		}
	}
	return nil
}

// measure validates and times the candidates in one instruction set.
func (s *subject) measure(ctx context.Context, isa kernel.ISA) (Result, error) {
	r := Result{Micros: map[string]float64{}}
	names, _ := candidates(s.c)
	if isa == kernel.Generic && kernel.Selected() != kernel.Generic {
		// Plain kernels are those of the process.
		names = slices.DeleteFunc(names, func(name string) bool { return name == target.Plain })
	}
	var ready []*candidate
	for _, name := range names {
		if ctx.Err() != nil {
			return r, ctx.Err()
		}
		if !s.right(name, isa) {
			r.Wrong = append(r.Wrong, name)
			continue
		}
		ready = append(ready, s.candidate(name, isa, s.n))
	}
	calls, times := make([]int, len(ready)), make([][]float64, len(ready))
	for i, c := range ready {
		c.run()
		start := time.Now()
		c.run()
		calls[i] = int(window/max(time.Since(start), 1)) + 1
	}
	for range rounds {
		for i, c := range ready {
			if ctx.Err() != nil {
				return r, ctx.Err()
			}
			start := time.Now()
			for range calls[i] {
				c.run()
			}
			times[i] = append(times[i], time.Since(start).Seconds()*1e6/float64(calls[i]))
		}
	}
	for i, c := range ready {
		slices.Sort(times[i])
		us := times[i][0] // neighbours only ever slow a call down
		r.Micros[c.name] = us
		if r.Line.Choice == "" || us < r.Line.Micros {
			r.Line.Choice, r.Line.Micros = c.name, us
		}
	}
	return r, nil
}
