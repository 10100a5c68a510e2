package augment

import (
	"fmt"
	"slices"

	"github.com/netc-lang/netc/runtime/vision"
)

// op is a step with its arguments read: a map of the plane that a sample draws, a
// change of the window that is seen, a bend, a view from aside, a change of colours, or
// a choice of other operations, which draw nothing themselves. Exactly one is set.
type op struct {
	geometric func(r *Source, w, h int) vision.Affine
	framing   func(r *Source, w, h int) frame
	bend      func(r *Source, w, h int, s *scratch) // writes s.field
	project   func(r *Source, w, h int) (there, back vision.Projective)
	pixels    func(r *Source, p *vision.Picture, s *scratch)
	choose    func(r *Source, to []op) []op // appends to to
}

// scratch is the memory of one goroutine.
type scratch struct {
	a, b  vision.Picture
	field []float32 // of a bend: where the content of each pixel comes from, x and y
	grid  []float32
	ops   []op // chosen
}

// swap exchanges two pictures with their memory.
func swap(p, q *vision.Picture) { *p, *q = *q, *p }

// part is what a chain does at once: one step, or neighbouring geometric steps as one
// resample.
type part struct {
	fields    []int
	kinds     []Kind
	geometric []op
	one       op
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
		read, ok := table[s.Call.Name]
		if !ok {
			return nil, fmt.Errorf("this version of netc cannot run the step `%s`; it has %v", s.Call.Name, Names())
		}
		args := Read(s.Call)
		o := read(args)
		if err := args.Err(); err != nil {
			return nil, err
		}
		if len(s.Fields) == 0 {
			return nil, fmt.Errorf("%s has no field to work on", s.Call.Name)
		}
		kinds := s.Kinds
		if kinds == nil {
			kinds = make([]Kind, len(s.Fields))
		}
		last := len(c.parts) - 1
		switch {
		case o.geometric == nil:
			c.parts = append(c.parts, part{fields: s.Fields, kinds: kinds, one: o})
		case last >= 0 && c.parts[last].geometric != nil && slices.Equal(c.parts[last].fields, s.Fields):
			c.parts[last].geometric = append(c.parts[last].geometric, o)
		default:
			c.parts = append(c.parts, part{fields: s.Fields, kinds: kinds, geometric: []op{o}})
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
		w, h := part.size(s)
		for k, f := range part.fields {
			r.Source.pcg = start // every field sees the same draws
			if part.kinds[k] == Boxes {
				s.Boxes[f] = r.boxes(part, s.Boxes[f], w, h)
				continue
			}
			r.plane(part, &s.Pictures[f], resamplerOf(part.kinds[k]))
		}
	}
}

// size is that of the picture that boxes move with.
func (p *part) size(s *Sample) (w, h int) {
	for k, f := range p.fields {
		if p.kinds[k] != Boxes {
			return s.Pictures[f].W, s.Pictures[f].H
		}
	}
	return 0, 0
}

// moved draws the map of neighbouring geometric steps.
func (p *part) moved(r *Source, w, h int) vision.Affine {
	m := vision.Identity
	for _, g := range p.geometric {
		m = m.Then(g.geometric(r, w, h))
	}
	return m
}

// Plane returns where the steps on a field put the points of a picture of w by h
// pixels, for the draws of the source as it is seeded; a bend and a view from aside count as none.
func (r *Runner) Plane(c *Chain, field, w, h int) vision.Affine {
	m := vision.Identity
	for i := range c.parts {
		part := &c.parts[i]
		if !slices.Contains(part.fields, field) {
			continue
		}
		switch o := &part.one; {
		case part.geometric != nil:
			m = m.Then(part.moved(r.Source, w, h))
		case o.framing != nil:
			f := o.framing(r.Source, w, h)
			next, nw, nh := f.plane(w, h)
			m, w, h = m.Then(next), nw, nh
		}
	}
	return m
}
