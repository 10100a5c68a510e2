package augment

import (
	"fmt"
	"slices"

	"github.com/netc-lang/netc/runtime/vision"
)

// op is a step with its arguments read: a map of the plane that a sample draws,
// or a change of pixels. Exactly one of the two is set.
type op struct {
	geometric func(r *Source, w, h int) vision.Affine
	pixels    func(r *Source, p *vision.Picture, s *scratch)
}

// scratch is the memory of one goroutine.
type scratch struct{ a, b vision.Picture }

// swap exchanges two pictures with their memory.
func swap(p, q *vision.Picture) { *p, *q = *q, *p }

// part is what a chain does at once: one change of pixels, or neighbouring
// geometric steps as one resample.
type part struct {
	fields    []int
	geometric []op
	pixels    op
}

// Chain is a list of steps ready to run. It is immutable; goroutines share it,
// each with a Runner.
type Chain struct{ parts []part }

// Compile checks steps against the table.
//
// Errors: a step that this version does not have, with the names it has; an
// argument that is missing, unknown or out of range.
func Compile(steps []Step) (*Chain, error) {
	c := &Chain{}
	for _, s := range steps {
		make, ok := table[s.Call.Name]
		if !ok {
			return nil, fmt.Errorf("this version of netc cannot run the step `%s`; it has %v", s.Call.Name, Names())
		}
		args := Read(s.Call)
		o := make(args)
		if err := args.Err(); err != nil {
			return nil, err
		}
		if len(s.Fields) == 0 {
			return nil, fmt.Errorf("%s has no field to work on", s.Call.Name)
		}
		last := len(c.parts) - 1
		switch {
		case o.geometric == nil:
			c.parts = append(c.parts, part{fields: s.Fields, pixels: o})
		case last >= 0 && c.parts[last].geometric != nil && slices.Equal(c.parts[last].fields, s.Fields):
			c.parts[last].geometric = append(c.parts[last].geometric, o)
		default:
			c.parts = append(c.parts, part{fields: s.Fields, geometric: []op{o}})
		}
	}
	return c, nil
}

// Names returns the steps of this version, sorted.
func Names() []string {
	names := make([]string, 0, len(table))
	for n := range table {
		names = append(names, n)
	}
	slices.Sort(names)
	return names
}

// Runner runs chains in one goroutine.
type Runner struct {
	Source *Source
	memory scratch
}

// NewRunner returns a runner whose source must be seeded for each sample.
func NewRunner() *Runner { return &Runner{Source: NewSource()} }

// Run changes the sample. It allocates only while pictures grow.
func (r *Runner) Run(c *Chain, s *Sample) {
	for i := range c.parts {
		part := &c.parts[i]
		start := r.Source.pcg
		for _, f := range part.fields {
			r.Source.pcg = start // every field sees the same draws
			p := &s.Pictures[f]
			if part.geometric == nil {
				part.pixels.pixels(r.Source, p, &r.memory)
				continue
			}
			m := vision.Identity
			for _, g := range part.geometric {
				m = m.Then(g.geometric(r.Source, p.W, p.H))
			}
			r.warp(p, m)
		}
	}
}

// warp moves the picture; plain mirror images need no resample.
func (r *Runner) warp(p *vision.Picture, m vision.Affine) {
	w, h := float64(p.W), float64(p.H)
	switch m {
	case vision.Identity:
	case vision.Affine{A: -1, C: w, E: 1}:
		vision.FlipH(p)
	case vision.Affine{A: 1, E: -1, F: h}:
		vision.FlipV(p)
	default:
		r.memory.a.Resize(p.W, p.H, p.C)
		vision.Warp(&r.memory.a, p, m)
		swap(p, &r.memory.a)
	}
}
