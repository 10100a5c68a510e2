package text

import (
	"math"
	"strconv"
	"strings"

	"github.com/netc-lang/netc/internal/diag"
	"github.com/netc-lang/netc/ir"
	"github.com/netc-lang/netc/ir/op"
	"github.com/netc-lang/netc/ir/sym"
	"github.com/netc-lang/netc/runtime/tensor"
)

// typ reads a type: f32[N, Gray:1, 28].
func (s *scanner) typ() (op.Type, error) {
	w, err := s.word()
	if err != nil {
		return op.Type{}, err
	}
	d, ok := tensor.ParseDType(w)
	if !ok {
		return op.Type{}, s.errorf("%q is no element type", w)
	}
	t := op.Type{DType: d}
	if s.at < len(s.line) && s.line[s.at] == '[' {
		if t.Dims, err = s.dims(); err != nil {
			return t, err
		}
	}
	return t, nil
}

// layout reads what follows a type: {c8+1}, or nothing where it is plain.
func (s *scanner) layout() (ir.Layout, error) {
	if s.at >= len(s.line) || s.line[s.at] != '{' {
		return ir.Layout{}, nil
	}
	s.at++
	l, err := ir.ParseLayout(s.until("}"))
	if err != nil {
		return l, s.errorf("%v", err)
	}
	return l, s.want("}")
}

// dims reads [N, Gray:1, H/2].
func (s *scanner) dims() ([]op.Dim, error) {
	if err := s.want("["); err != nil {
		return nil, err
	}
	dims := []op.Dim{}
	for !s.take("]") {
		if len(dims) > 0 {
			if err := s.want(","); err != nil {
				return nil, err
			}
		}
		text := s.until(",]")
		var d op.Dim
		if set, size, ok := strings.Cut(text, ":"); ok {
			d.Set, text = set, size
		}
		var err error
		if d.Size, err = sym.Parse(text); err != nil {
			return nil, err
		}
		dims = append(dims, d)
	}
	return dims, nil
}

// attr reads a value of a known kind.
func (s *scanner) attr(k op.Kind) (any, error) {
	switch k {
	case op.KindInts:
		return items(s, (*scanner).integer)
	case op.KindFloats:
		return items(s, (*scanner).float)
	case op.KindStrings:
		return items(s, (*scanner).quoted)
	case op.KindDims:
		return s.dims()
	case op.KindInt:
		return s.integer()
	case op.KindFloat:
		return s.float()
	case op.KindString:
		return s.quoted()
	}
	return s.boolean()
}

func (s *scanner) boolean() (bool, error) {
	switch {
	case s.keyword("true"):
		return true, nil
	case s.keyword("false"):
		return false, nil
	}
	return false, s.errorf("expected true or false")
}

func (s *scanner) float() (float64, error) {
	s.space()
	start := s.at
	for s.at < len(s.line) {
		c := s.line[s.at]
		if strings.HasPrefix(s.line[s.at:], "..") || !wordByte(c) && c != '.' && c != '-' && c != '+' {
			break
		}
		s.at++
	}
	x, err := strconv.ParseFloat(s.line[start:s.at], 64)
	if err != nil && !math.IsInf(x, 0) {
		s.at = start
		return 0, s.errorf("expected a number")
	}
	return x, nil
}

func items[T any](s *scanner, one func(*scanner) (T, error)) ([]T, error) {
	if err := s.want("["); err != nil {
		return nil, err
	}
	out := []T{}
	for !s.take("]") {
		if len(out) > 0 {
			if err := s.want(","); err != nil {
				return nil, err
			}
		}
		x, err := one(s)
		if err != nil {
			return nil, err
		}
		out = append(out, x)
	}
	return out, nil
}

// free reads a value whose kind its own form tells: the argument of a call.
func (s *scanner) free() (any, error) {
	s.space()
	rest := s.line[s.at:]
	switch {
	case rest == "":
		return nil, s.errorf("expected a value")
	case rest[0] == '"':
		return s.quoted()
	case rest[0] == '[':
		return items(s, (*scanner).float)
	case s.keyword("none"):
		return nil, nil
	case rest[0] == 't' || rest[0] == 'f':
		return s.boolean()
	}
	start := s.at
	x, err := s.float()
	if err != nil {
		return nil, err
	}
	text := s.line[start:s.at]
	if s.take("..") {
		y, err := s.float()
		return [2]float64{x, y}, err
	}
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		return n, nil
	}
	return x, nil
}

// place reads `@ file:line:col stage` at the end of a line.
func (s *scanner) place() (pos diag.Pos, stage string, err error) {
	if !s.take("@ ") {
		return pos, "", nil
	}
	text := s.until(" ")
	parts := strings.Split(text, ":")
	if len(parts) < 3 {
		return pos, "", s.errorf("expected file:line:column")
	}
	n := len(parts)
	if pos.Line, err = strconv.Atoi(parts[n-2]); err != nil {
		return pos, "", err
	}
	if pos.Col, err = strconv.Atoi(parts[n-1]); err != nil {
		return pos, "", err
	}
	pos.File = strings.Join(parts[:n-2], ":")
	stage = s.until(" {")
	return pos, stage, nil
}
