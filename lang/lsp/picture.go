package lsp

import (
	"bytes"

	"github.com/netc-lang/netc/internal/diag"
	"github.com/netc-lang/netc/lang/check"
)

// at returns what was seen of expressions that hold an offset of the current text,
// with the shortest text first, and within one place in the order of evaluation.
// What the last check did not reach comes from the last text without errors.
func (u *unit) at(file *diag.File, offset int, keep func(*check.Seen) bool) []check.Seen {
	for _, p := range []*picture{u.now, u.good} {
		if p == nil {
			continue
		}
		if found := p.at(file, offset, keep); len(found) > 0 {
			return found
		}
	}
	return nil
}

func (p *picture) at(file *diag.File, offset int, keep func(*check.Seen) bool) []check.Seen {
	old := p.files[file.Name]
	if old == nil {
		return nil
	}
	at := offset
	if old != file && !bytes.Equal(old.Text, file.Text) {
		var ok bool
		if at, ok = newShift(file.Text, old.Text).offset(offset); !ok {
			return nil
		}
	}
	var out []check.Seen
	best := 0
	for _, e := range p.seen[file.Name] {
		if at < e.Span.Start || at > e.Span.End || !keep(&e) || e.Describe() == "" {
			continue
		}
		switch n := e.Span.End - e.Span.Start; {
		case len(out) == 0 || n < best:
			out, best = append(out[:0], e), n
		case n == best && e.Span.Start == out[0].Span.Start:
			out = append(out, e)
		}
	}
	return out
}

// exact returns what was seen of the expression with a span of the current text; of
// a stage its result, where that is wanted.
func (u *unit) exact(file *diag.File, span diag.Span, results bool) []check.Seen {
	for _, p := range []*picture{u.now, u.good} {
		if p == nil || p.files[file.Name] == nil {
			continue
		}
		move := newShift(file.Text, p.files[file.Name].Text)
		start, ok := move.offset(span.Start)
		end, also := move.offset(span.End)
		if !ok || !also {
			continue
		}
		var plain, stages []check.Seen
		for _, e := range p.seen[file.Name] {
			if e.Span.Start != start || e.Span.End != end || e.Describe() == "" {
				continue
			}
			if e.Stage {
				stages = append(stages, e)
			} else {
				plain = append(plain, e)
			}
		}
		if len(stages) > 0 && results {
			return relevant(stages)
		}
		if len(plain) > 0 {
			return relevant(plain)
		}
	}
	return nil
}

// relevant leaves out what sections and tests computed again, and of a net what
// other nets made of it, unless there is nothing else.
func relevant(seen []check.Seen) []check.Seen {
	own := func(e *check.Seen) bool {
		b := e.Inside
		return b != nil && b.Where.File == e.Span.File && b.Where.Start <= e.Span.Start && e.Span.End <= b.Where.End
	}
	for _, keep := range []func(*check.Seen) bool{
		func(e *check.Seen) bool { return !e.Again && own(e) },
		func(e *check.Seen) bool { return !e.Again },
	} {
		var out []check.Seen
		for i := range seen {
			if keep(&seen[i]) {
				out = append(out, seen[i])
			}
		}
		if len(out) > 0 {
			return out
		}
	}
	return seen
}
