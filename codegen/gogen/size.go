package gogen

import (
	"fmt"

	"github.com/netc-lang/netc/ir/sym"
)

// size is a count of generated code. In most functions it is linear in the batch:
// slope*n + fixed. One that is not is late, any expression of symbols: in a function
// whose sizes are known at run time only, and where samples of a batch are compared with
// each other.
type size struct {
	slope, fixed int64
	late         *lateSize
}

// lateSize is an expression with the Go names of its symbols.
type lateSize struct {
	e  sym.Expr
	of *sizeNames
}

// constant returns a size that does not depend on the batch.
func constant(n int64) size { return size{fixed: n} }

// sizeOf returns e as a size in the symbol batch ("" when the function has
// none); ok is false when e depends on another symbol or is not linear.
func sizeOf(e sym.Expr, batch string) (size, bool) {
	if c, ok := e.IsConst(); ok {
		return size{fixed: c}, true
	}
	if batch == "" {
		return size{}, false
	}
	slope, fixed, ok := e.Linear(batch)
	return size{slope: slope, fixed: fixed}, ok
}

func (s size) isConst() bool { return s.slope == 0 && s.late == nil }

func (s size) equal(t size) bool {
	if s.late != nil && t.late != nil {
		return s.late.e.Equal(t.late.e)
	}
	return s == t // late sizes are never linear
}

func (s size) add(t size) size {
	if of := namesOf(s, t); of != nil {
		return of.size(of.expr(s).Add(of.expr(t)))
	}
	return size{slope: s.slope + t.slope, fixed: s.fixed + t.fixed}
}

// mul returns the product; that of two linear sizes is one only when a factor is
// constant.
func (s size) mul(t size) (size, bool) {
	if of := namesOf(s, t); of != nil {
		p := of.expr(s).Mul(of.expr(t))
		return of.size(p), !p.Overflow()
	}
	if s.slope != 0 && t.slope != 0 {
		return size{}, false
	}
	return size{slope: s.slope*t.fixed + t.slope*s.fixed, fixed: s.fixed * t.fixed}, true
}

// times returns k*s.
func (s size) times(k int64) size {
	p, _ := s.mul(constant(k)) // which is linear where s is
	return p
}

// ceilDiv returns s/d rounded up, of linear sizes in both terms, so it is never too
// small.
func (s size) ceilDiv(d int64) size {
	if s.late != nil {
		return s.late.of.size(s.late.e.CeilDiv(d))
	}
	return size{slope: (s.slope + d - 1) / d, fixed: (s.fixed + d - 1) / d}
}

// at returns the value of a linear size for a batch of n.
func (s size) at(n int64) int64 { return s.slope*n + s.fixed }

// namesOf returns the names of the first late size.
func namesOf(sizes ...size) *sizeNames {
	for _, s := range sizes {
		if s.late != nil {
			return s.late.of
		}
	}
	return nil
}

// String returns the size as a Go expression in the variable n, and for a late size
// in those of its symbols.
func (s size) String() string {
	if s.late != nil {
		return s.late.of.text(s.late.e)
	}
	return s.in("n")
}

// in returns a linear size as a Go expression in the variable n.
func (s size) in(n string) string {
	switch {
	case s.slope == 0:
		return fmt.Sprint(s.fixed)
	case s.slope == 1 && s.fixed == 0:
		return n
	case s.fixed == 0:
		return fmt.Sprintf("%d*%s", s.slope, n)
	case s.slope == 1:
		return fmt.Sprintf("%s%+d", n, s.fixed)
	}
	return fmt.Sprintf("%d*%s%+d", s.slope, n, s.fixed)
}
