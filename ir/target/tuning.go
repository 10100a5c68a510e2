package target

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Tuning is what a file of measured choices holds: MODEL.tune, which `netc tune`
// writes and a compilation reads. It is text that sorts, so that it can be committed
// and compared; a compilation measures nothing itself.
//
//	OP | kernels HASH cpu NAME l1 BYTES l2 BYTES isa NAME threads N | CHOICE MICROSECONDS
//
// A line that begins with # is a comment.
type Tuning struct {
	File  string
	Lines []TuneLine
}

// TuneLine is one measurement. Everything before the choice is its key.
type TuneLine struct {
	Op      string // signature: what is computed, on which sizes
	Kernels string // hash of the kernels' source
	Machine Machine
	ISA     string
	Threads int
	Choice  string  // algorithm, or Plain
	Micros  float64 // time of a call
	Line    int     // in the file it was read from; 0 for a new one
}

// Machine is what a measurement depends on of a processor.
type Machine struct {
	CPU    string // vendor, family and model, without spaces
	L1, L2 int    // bytes of data cache per core
}

// TuneChoices are the words for choices: the algorithms of convolutions on blocks of
// channels, and the plain layout.
var TuneChoices = []string{"direct", "winograd2", "winograd3", "winograd4", "stem", "winogradrow", "strassen", Plain}

// Plain is the choice of the plain layout.
const Plain = "plain"

const tuneHead = "# Measured by `netc tune`. Builds read this file and measure nothing.\n"

// ParseTuning reads the content of a file.
//
// Errors: FILE:LINE:COLUMN: what was found, what was expected.
func ParseTuning(file string, text []byte) (*Tuning, error) {
	t := &Tuning{File: file}
	for i, line := range strings.Split(string(text), "\n") {
		line = strings.TrimSuffix(line, "\r")
		if strings.TrimSpace(line) == "" || strings.HasPrefix(line, "#") {
			continue
		}
		l, column, err := parseTuneLine(line)
		if err != nil {
			return nil, fmt.Errorf("%s:%d:%d: %w", file, i+1, column, err)
		}
		l.Line = i + 1
		t.Lines = append(t.Lines, l)
	}
	return t, nil
}

// parseTuneLine returns one line, or the column of what is wrong with it.
func parseTuneLine(line string) (l TuneLine, column int, err error) {
	parts := strings.Split(line, " | ")
	if len(parts) != 3 {
		return l, 1, fmt.Errorf("found %d parts, expected OP | KEY | CHOICE TIME", len(parts))
	}
	l.Op = parts[0]
	column = len(parts[0]) + 4
	fields := strings.Split(parts[1], " ")
	names := []string{"kernels", "cpu", "l1", "l2", "isa", "threads"}
	if len(fields) != 2*len(names) {
		return l, column, fmt.Errorf("found %d words, expected %s, each with its value", len(fields), strings.Join(names, ", "))
	}
	number := map[string]*int{"l1": &l.Machine.L1, "l2": &l.Machine.L2, "threads": &l.Threads}
	word := map[string]*string{"kernels": &l.Kernels, "cpu": &l.Machine.CPU, "isa": &l.ISA}
	for i, name := range names {
		if fields[2*i] != name {
			return l, column, fmt.Errorf("found %q, expected %s", fields[2*i], name)
		}
		column += len(name) + 1
		value := fields[2*i+1]
		if to := number[name]; to != nil {
			if *to, err = strconv.Atoi(value); err != nil || *to < 0 {
				return l, column, fmt.Errorf("found %q, expected a number", value)
			}
		} else {
			*word[name] = value
		}
		column += len(value) + 1
	}
	column += 2
	choice, micros, _ := strings.Cut(parts[2], " ")
	if !slices.Contains(TuneChoices, choice) {
		return l, column, fmt.Errorf("found the choice %q, expected one of %s", choice, strings.Join(TuneChoices, ", "))
	}
	l.Choice = choice
	if l.Micros, err = strconv.ParseFloat(micros, 64); err != nil || !(l.Micros > 0) {
		return l, column + len(choice) + 1, fmt.Errorf("found the time %q, expected microseconds", micros)
	}
	return l, 0, nil
}

// key is the line up to its choice.
func (l TuneLine) key() string {
	return fmt.Sprintf("%s | kernels %s cpu %s l1 %d l2 %d isa %s threads %d", l.Op, l.Kernels, l.Machine.CPU, l.Machine.L1, l.Machine.L2, l.ISA, l.Threads)
}

// Text returns the content of the file: the lines in order, one for each key.
func (t *Tuning) Text() []byte {
	lines := slices.Clone(t.Lines)
	slices.SortFunc(lines, func(a, b TuneLine) int { return cmp.Compare(a.key(), b.key()) })
	var b strings.Builder
	b.WriteString(tuneHead)
	for _, l := range lines {
		fmt.Fprintf(&b, "%s | %s %.1f\n", l.key(), l.Choice, max(l.Micros, 0.1))
	}
	return []byte(b.String())
}

// Put adds a line in the place of the one with its key, and of those with its key but
// for the kernels: they were measured with other ones.
func (t *Tuning) Put(l TuneLine) {
	t.Lines = slices.DeleteFunc(t.Lines, func(o TuneLine) bool {
		o.Kernels = l.Kernels
		return o.key() == l.key()
	})
	t.Lines = append(t.Lines, l)
}

// Drop removes the lines that were measured with other kernels and returns how many.
func (t *Tuning) Drop(kernels string) int {
	n := len(t.Lines)
	t.Lines = slices.DeleteFunc(t.Lines, func(l TuneLine) bool { return l.Kernels != kernels })
	return n - len(t.Lines)
}

// Choose returns the line whose choice an operation takes. A compilation knows no
// processor, and weights lie in one order for all: where processors or instruction sets
// disagree, most of them decide, and the first in order among equals.
func (t *Tuning) Choose(op string) (TuneLine, bool) {
	if t == nil {
		return TuneLine{}, false
	}
	votes := map[string]int{}
	var lines []TuneLine
	for _, l := range t.Lines {
		if l.Op == op {
			votes[l.Choice]++
			lines = append(lines, l)
		}
	}
	if len(lines) == 0 {
		return TuneLine{}, false
	}
	return slices.MinFunc(lines, func(a, b TuneLine) int {
		return cmp.Or(cmp.Compare(votes[b.Choice], votes[a.Choice]), cmp.Compare(a.key(), b.key()))
	}), true
}
