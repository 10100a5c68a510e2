package gogen

import (
	"fmt"

	"github.com/netc-lang/netc/ir/sym"
)

// size is a count that is linear in the batch: slope*n + fixed.
type size struct{ slope, fixed int64 }

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
	return size{slope, fixed}, ok
}

func (s size) isConst() bool { return s.slope == 0 }

func (s size) add(t size) size { return size{s.slope + t.slope, s.fixed + t.fixed} }

// mul returns the product, which is linear only when one factor is constant.
func (s size) mul(t size) (size, bool) {
	if s.slope != 0 && t.slope != 0 {
		return size{}, false
	}
	return size{s.slope*t.fixed + t.slope*s.fixed, s.fixed * t.fixed}, true
}

// div returns s/d rounded up in both terms, so it is never too small.
func (s size) ceilDiv(d int64) size {
	return size{(s.slope + d - 1) / d, (s.fixed + d - 1) / d}
}

// at returns the value for a batch of n.
func (s size) at(n int64) int64 { return s.slope*n + s.fixed }

// String returns the size as a Go expression in the variable n.
func (s size) String() string {
	switch {
	case s.slope == 0:
		return fmt.Sprint(s.fixed)
	case s.slope == 1 && s.fixed == 0:
		return "n"
	case s.fixed == 0:
		return fmt.Sprintf("%d*n", s.slope)
	case s.slope == 1:
		return fmt.Sprintf("n%+d", s.fixed)
	}
	return fmt.Sprintf("%d*n%+d", s.slope, s.fixed)
}
