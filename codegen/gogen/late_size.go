package gogen

import (
	"fmt"
	"go/token"
	"math"
	"slices"
	"strings"

	"github.com/netc-lang/netc/internal/diag"
	"github.com/netc-lang/netc/ir"
	"github.com/netc-lang/netc/ir/sym"
)

// sizeNames are the run-time sizes of one function: symbols of the source and the
// Go variables that hold them, which are fields of a session, parameters of
// NewSession and locals of the plan under the same names.
type sizeNames struct {
	symbols []string // besides the batch, in the order of the inputs
	names   map[string]string
	batch   string // "" for none
	facts   sym.Facts
	at      map[string]int64 // numbers to write in place of expressions; nil for none
}

// newSizeNames names the symbols of f; that of the batch is n.
func newSizeNames(f *ir.Func, batch string) *sizeNames {
	s := &sizeNames{names: map[string]string{}, batch: batch, facts: f.Facts}
	scope := newScope()
	for _, name := range strings.Fields("batch m c n a g p b s i k t x y v err ok o") {
		scope.unique(name)
	}
	for _, symbol := range f.Symbols() {
		if symbol == batch {
			s.names[symbol] = "n"
			continue
		}
		name := fieldName(symbol)
		if name != "h" && name != "w" && (reserved[name] || token.Lookup(name).IsKeyword()) {
			name += "Size"
		}
		s.symbols = append(s.symbols, symbol)
		s.names[symbol] = scope.unique(name)
	}
	return s
}

// lateBatch returns the symbol that counts pictures in a function whose sizes are
// known at run time only: N, "" where there is none. Others keep their names.
func lateBatch(f *ir.Func) string {
	if slices.Contains(f.Symbols(), ir.BatchName) {
		return ir.BatchName
	}
	return ""
}

// expr returns s as an expression.
func (n *sizeNames) expr(s size) sym.Expr {
	switch {
	case s.late != nil:
		return s.late.e
	case s.slope == 0:
		return sym.Const(s.fixed)
	}
	return sym.Symbol(n.batch).Mul(sym.Const(s.slope)).Add(sym.Const(s.fixed))
}

// size returns e as a size of generated code.
func (n *sizeNames) size(e sym.Expr) size {
	if c, ok := e.IsConst(); ok {
		return constant(c)
	}
	if n.at != nil {
		c, err := e.Eval(n.at)
		if err != nil {
			diag.Bugf("gogen: %v at the usual sizes: %v", e, err)
		}
		return constant(c)
	}
	return size{late: &lateSize{e, n}}
}

// text writes e as a Go expression.
func (n *sizeNames) text(e sym.Expr) string {
	terms, ok := e.Terms()
	if !ok {
		diag.Bugf("gogen: a size is too large to be written")
	}
	if len(terms) == 0 {
		return "0"
	}
	if len(terms) == 1 && terms[0].Coef == 1 && len(terms[0].Factors) == 1 {
		text := n.factor(terms[0].Factors[0])
		if inner, ok := strings.CutPrefix(text, "("); ok {
			return strings.TrimSuffix(inner, ")") // a quotient alone
		}
		return text
	}
	var b strings.Builder
	for i, t := range terms {
		coef := t.Coef
		switch {
		case i > 0 && coef < 0 && coef != math.MinInt64:
			b.WriteString(" - ")
			coef = -coef
		case i > 0:
			b.WriteString(" + ")
		}
		var parts []string
		if coef != 1 || len(t.Factors) == 0 {
			parts = append(parts, fmt.Sprint(coef))
		}
		for _, f := range t.Factors {
			parts = append(parts, n.factor(f))
		}
		b.WriteString(strings.Join(parts, "*"))
	}
	return b.String()
}

func (n *sizeNames) factor(f sym.Factor) string {
	args := make([]string, len(f.Args))
	for i, a := range f.Args {
		args[i] = n.text(a)
	}
	switch f.Kind {
	case sym.FactorSymbol:
		name := n.names[f.Symbol]
		if name == "" {
			diag.Bugf("gogen: no input has a size %s", f.Symbol)
		}
		return name
	case sym.FactorMin:
		return "min(" + strings.Join(args, ", ") + ")"
	case sym.FactorMax:
		return "max(" + strings.Join(args, ", ") + ")"
	}
	if lo, _, ok := sym.Range(f.Args[0], n.facts); !ok || lo < 0 { // Go's division rounds to zero
		return fmt.Sprintf("nrt.FloorDiv(%s, %d)", args[0], f.Div)
	}
	if terms, _ := f.Args[0].Terms(); len(terms) > 1 {
		return fmt.Sprintf("((%s)/%d)", args[0], f.Div)
	}
	return fmt.Sprintf("(%s/%d)", args[0], f.Div)
}

// sample returns sizes that the where-clauses allow and that leave something of
// every value of f: the smallest ones (at = 0) or some above, different for each
// symbol.
func sample(f *ir.Func, at int64) map[string]int64 {
	symbols := f.Symbols()
	for k := int64(0); k <= 1<<12; k = max(1, 2*k) {
		env := map[string]int64{}
		for i, s := range symbols {
			env[s], _ = f.Facts.Sample(s, k+at*int64(i+1))
		}
		if allPositive(f, env) {
			return env
		}
	}
	return nil
}

// typical returns the sizes that comments tell costs at: the usual ones, and a batch of
// one.
func typical(f *ir.Func, batch string) map[string]int64 {
	env := f.UsualSizes()
	if batch != "" {
		env[batch] = 1
	}
	return env
}

func allPositive(f *ir.Func, env map[string]int64) bool {
	for _, in := range f.Instrs {
		for _, v := range in.Outs {
			for _, d := range v.Type.Dims {
				if n, err := d.Size.Eval(env); err != nil || n < 1 {
					return false
				}
			}
		}
	}
	return true
}

// obligation is a size that the where-clauses do not prove to be positive.
type obligation struct{ text, what string }

// obligations returns what must be checked when the sizes are known: windows may
// leave nothing of a small picture.
func (n *sizeNames) obligations(f *ir.Func) []obligation {
	seen := map[string]bool{}
	var out []obligation
	for _, in := range f.Instrs {
		for _, v := range in.Outs {
			for _, d := range v.Type.Dims {
				if lo, _, ok := sym.Range(d.Size, n.facts); ok && lo >= 1 {
					continue
				}
				text := n.text(d.Size)
				if seen[text] {
					continue
				}
				seen[text] = true
				what := in.Op.Name
				if in.Stage != "" {
					what = in.Stage
				}
				if p := position(in.Pos); p != "" {
					what += " (" + p + ")"
				}
				out = append(out, obligation{text, what})
			}
		}
	}
	return out
}

// largest returns the product of all run-time sizes beyond which the bytes of f
// would leave what machines have: every size is at most sum * product^degree, sum
// and degree being those of all sizes together.
func (n *sizeNames) largest(f *ir.Func) float64 {
	const bytes = 1 << 46
	sum, degree := 1.0, 1
	for _, b := range f.Memory.Blocks {
		s, d := magnitude(b.Size)
		sum, degree = sum+s, max(degree, d)
	}
	for _, v := range f.Inputs {
		s, d := magnitude(v.Type.Bytes())
		sum, degree = sum+s, max(degree, d)
	}
	return math.Pow(bytes/sum, 1/float64(degree))
}

// magnitude bounds e by sum * product^degree for symbols of 1 and more.
func magnitude(e sym.Expr) (sum float64, degree int) {
	terms, _ := e.Terms()
	for _, t := range terms {
		s, uses := math.Abs(float64(t.Coef)), map[string]int{}
		d := 0
		for _, f := range t.Factors {
			if f.Kind == sym.FactorSymbol {
				uses[f.Symbol]++
				continue
			}
			inner, deep := 1.0, 1
			for _, a := range f.Args {
				x, y := magnitude(a)
				inner, deep = max(inner, x), max(deep, y)
			}
			s *= inner // the divisor only makes it smaller
			for _, a := range f.Args {
				for _, name := range a.Symbols() {
					uses[name] += deep
				}
			}
		}
		for _, k := range uses {
			d = max(d, k)
		}
		sum, degree = sum+s, max(degree, d)
	}
	return sum, degree
}
