package ir

import (
	"fmt"
	"slices"
)

// Split says which part of an image each thread takes when several share it.
type Split uint8

// The splits. NoSplit leaves it to the kernel: it has one way only, or one thread does
// the work alone.
const (
	NoSplit Split = iota
	ByRows
	ByChannels
)

var splitNames = [...]string{"", "rows", "channels"}

// String returns the word of the text form, "" for NoSplit.
func (s Split) String() string { return splitNames[s] }

// ParseSplit returns the split that word spells.
func ParseSplit(word string) (Split, bool) {
	i := slices.Index(splitNames[1:], word)
	return Split(i + 1), i >= 0
}

// Joint is a run of instructions, First to Last, that threads go through together: each
// begins with the next one where the parts are done that it reads.
type Joint struct{ First, Last int }

// Joints tells which instructions of a planned function may be joined.
type Joints struct {
	f       *Func
	replays []replay
}

// NewJoints places the values of f, which has a memory plan.
func NewJoints(f *Func) (*Joints, error) {
	j := &Joints{f: f}
	for _, env := range samples(f) {
		layout, err := f.At(env)
		if err != nil {
			return nil, err
		}
		j.replays = append(j.replays, replay{env: env, layout: layout})
	}
	return j, nil
}

// Check reports why instructions first to last cannot be a joint: they are kernels of
// maps in one segment, each reads of what the others make the map of the one before
// only, as what it convolves, and writes over nothing that an earlier one reads or
// writes, since that one may not be done. What is computed once from the states may
// stand between them.
func (j *Joints) Check(first, last int) error {
	if first < 0 || last >= len(j.f.Instrs) || first >= last {
		return fmt.Errorf("instructions %d to %d of %d are no run", first, last, len(j.f.Instrs))
	}
	var chain []*Instr
	for i := first; i <= last; i++ {
		in := j.f.Instrs[i]
		if OfStates(in) {
			continue
		}
		if !Joinable(in) || j.f.SegmentOf(i) != j.f.SegmentOf(first) {
			return fmt.Errorf("%s cannot be joined to what is before it", in.Op.Name)
		}
		for k, a := range in.Args {
			for p, before := range chain {
				if a != nil && slices.Contains(before.Outs, a) && (k > 0 || p < len(chain)-1) {
					return fmt.Errorf("%%%d is read before all of it is there", a.ID)
				}
			}
		}
		if n := len(chain); n > 0 && !slices.Contains(chain[n-1].Outs, in.Args[0]) {
			return fmt.Errorf("%s does not read what is before it", in.Op.Name)
		}
		if err := j.apart(in, chain); err != nil {
			return err
		}
		chain = append(chain, in)
	}
	return nil
}

// apart checks that results of in share no bytes with what chain reads and writes.
func (j *Joints) apart(in *Instr, chain []*Instr) error {
	for _, r := range j.replays {
		for _, o := range in.Outs {
			if o.Mem.Space != ArenaSpace {
				continue
			}
			e, err := r.extent(o)
			if err != nil {
				return err
			}
			for _, before := range chain {
				for _, v := range slices.Concat(before.Args, before.Outs) {
					if v == nil || v.Mem.Space != ArenaSpace {
						continue
					}
					if b, err := r.extent(v); err != nil || e.meets(b) {
						return fmt.Errorf("%%%d is written over %%%d, which may be in use", o.ID, v.ID)
					}
				}
			}
		}
	}
	return nil
}

// Joinable reports whether the kernel of in tells which parts of maps its chunks read
// and write: a convolution from blocks to blocks of channels, or the mean of planes.
func Joinable(in *Instr) bool {
	if len(in.Args) == 0 || in.Args[0] == nil || in.Args[0].Layout.Plain() {
		return false
	}
	switch in.Op.Name {
	case "conv":
		return !in.Outs[0].Layout.Plain()
	case "reduce":
		return true
	}
	return false
}

// verifyJoints checks the joints of f and that they follow each other.
func verifyJoints(f *Func) error {
	if len(f.Joints) == 0 {
		return nil
	}
	j, err := NewJoints(f)
	if err != nil {
		return err
	}
	end := -1
	for k, g := range f.Joints {
		if g.First <= end {
			return fmt.Errorf("joint %d begins at instruction %d, inside the one before", k+1, g.First)
		}
		if err := j.Check(g.First, g.Last); err != nil {
			return fmt.Errorf("joint %d, instructions %d to %d: %w", k+1, g.First, g.Last, err)
		}
		end = g.Last
	}
	return nil
}
