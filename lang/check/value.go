package check

import (
	"cmp"
	"fmt"
	"math/big"
	"slices"
	"strconv"
	"strings"

	"github.com/netc-lang/netc/internal/diag"
	"github.com/netc-lang/netc/ir/sym"
	"github.com/netc-lang/netc/lang/syntax"
)

// value is what an expression means at compile time: one of the types below.
type value interface{}

type (
	// poison stands for a value that could not be made; its cause is reported.
	poison struct{}
	// absent is `_` where an optional operand could stand.
	absent struct{}
	// number is an exact rational: r, or the whole number i where r is nil, which
	// most are.
	number struct {
		i int64
		r *big.Rat
	}
	// text is a string.
	text string
	// word is an option word such as `half`; it means something to one parameter.
	word string
	// list is `[a, b]`; tuple is `(a, b)`, or the results of a block.
	list  []value
	tuple []value
	// interval is `a..b`: half-open over ints, closed over reals.
	interval struct{ lo, hi value }
	// scope of an imported module.
	moduleRef struct{ m *module }
	// dtypeRef is the name of an element type, such as f32.
	dtypeRef string
	// opRef is op.NAME; opsRef is `op` itself.
	opsRef struct{}
	opRef  string
	// initValue is an initialiser such as he_normal.
	initValue struct{ init initializer }
)

// size is a dimension: (e / den), and the index set it counts, if any. A size
// without symbols and set is a number instead.
type size struct {
	e   sym.Expr
	den int64
	set *Set
}

// tensorValue is a tensor of the graph and what is known about its meaning.
type tensorValue struct {
	t      *Tensor
	counts string    // its elements are indices into this set
	made   diag.Span // the stage or expression it comes from
	stage  string    // path of that stage
	any    bool      // `f32[8, 10]` of a test: any such tensor
	origin string    // where a field of the data comes from, for messages
	// pos tells which elements of what `match` gives are about a box.
	pos *tensorValue
}

// costRef is `.macs` or `.arena` of a net before its bindings.
type costRef struct {
	net  *Net
	name string
}

func whole(n int64) number { return number{i: n} }

// exact returns r, which must not change any more.
func exact(r *big.Rat) number {
	if r.IsInt() && r.Num().IsInt64() {
		return number{i: r.Num().Int64()}
	}
	return number{r: r}
}

// rat returns n for reading only.
func (n number) rat() *big.Rat {
	if n.r == nil {
		return new(big.Rat).SetInt64(n.i)
	}
	return n.r
}

func (n number) int() (int64, bool) { return n.i, n.r == nil }

func (n number) isInt() bool { return n.r == nil || n.r.IsInt() }

func (n number) sign() int {
	if n.r == nil {
		return cmp.Compare(n.i, 0)
	}
	return n.r.Sign()
}

func (n number) compare(m number) int {
	if n.r == nil && m.r == nil {
		return cmp.Compare(n.i, m.i)
	}
	return n.rat().Cmp(m.rat())
}

func (n number) float() float64 {
	if n.r == nil {
		return float64(n.i)
	}
	f, _ := n.r.Float64()
	return f
}

func (n number) String() string {
	if n.r == nil {
		return strconv.FormatInt(n.i, 10)
	}
	if n.r.IsInt() {
		return n.r.Num().String()
	}
	if f, exact := n.r.Float64(); exact || n.r.Denom().BitLen() > 20 {
		return fmt.Sprint(f)
	}
	return n.r.String()
}

// holdsPoison reports whether something in v could not be made.
func holdsPoison(v value) bool {
	switch v := v.(type) {
	case tuple:
		return slices.ContainsFunc(v, holdsPoison)
	case list:
		return slices.ContainsFunc(v, holdsPoison)
	}
	return isPoison(v)
}

// isPoison reports whether v, or an element of it, is poisoned.
func isPoison(v value) bool {
	switch v := v.(type) {
	case poison:
		return true
	case tuple:
		for _, e := range v {
			if _, bad := e.(poison); bad {
				return true
			}
		}
	}
	return v == nil
}

// kindOf names the kind of a value in messages: "a number", "f32[N, 10]".
func kindOf(v value) string {
	switch v := v.(type) {
	case number:
		return "the number " + v.String()
	case size:
		if v.set != nil {
			return "the index set " + v.set.Name
		}
		return "the size " + v.String()
	case bool:
		return fmt.Sprint(v)
	case text:
		return "a string"
	case word:
		return "the word " + string(v)
	case list:
		return fmt.Sprintf("a list of %d", len(v))
	case tuple:
		return fmt.Sprintf("a tuple of %d", len(v))
	case interval:
		return "a range"
	case *tensorValue:
		return show(v.t.Type)
	case *callable:
		switch {
		case v.block != nil && v.block.Net:
			return "the net " + v.block.Name.Name
		case v.block != nil && v.bare():
			return "the block " + v.name
		}
		return "a layer"
	case moduleRef:
		return "the module " + v.m.name
	case dataRef:
		return "the data section `" + v.d.Name.Name + "`"
	case opsRef:
		return "the table of operations"
	case opRef:
		return "the operation op." + string(v)
	case dtypeRef:
		return "the element type " + string(v)
	case initValue:
		return "an initialiser"
	case absent:
		return "`_`"
	case *array:
		return "an array " + fmt.Sprint(v.shape)
	case boxesValue:
		return "boxes of " + v.x.LabelSet
	case textValue:
		return "text that no step has turned into ids"
	case *targetValue:
		return "what `match` found"
	case *detections:
		return "what `nms` keeps"
	}
	return "something else"
}

// String prints a size as the user would write it.
func (s size) String() string {
	if s.set != nil {
		return s.set.Name
	}
	t := s.e.String()
	if s.den == 1 {
		return t
	}
	if strings.ContainsAny(t, "+- ") {
		t = "(" + t + ")"
	}
	return fmt.Sprintf("%s/%d", t, s.den)
}

// quotient returns n/den.
func quotient(n, den int64) number {
	if den == 1 {
		return whole(n)
	}
	return exact(big.NewRat(n, den))
}

// sizeOf returns a value as a size; ok is false when it is none.
func sizeOf(v value) (size, bool) {
	switch v := v.(type) {
	case size:
		return v, true
	case number:
		if v.r == nil {
			return size{e: sym.Const(v.i), den: 1}, true
		}
		if v.r.Num().IsInt64() && v.r.Denom().IsInt64() {
			return size{e: sym.Const(v.r.Num().Int64()), den: v.r.Denom().Int64()}, true
		}
	}
	return size{}, false
}

// plain returns s as a number when it has neither symbols nor a set.
func (s size) plain() value {
	if n, ok := s.e.IsConst(); ok && s.set == nil {
		return quotient(n, s.den)
	}
	return s
}

// numberOf returns a value as an exact number: sets count their names.
func numberOf(v value) (number, bool) {
	switch v := v.(type) {
	case number:
		return v, true
	case size:
		if n, ok := v.e.IsConst(); ok {
			return quotient(n, v.den), true
		}
	}
	return number{}, false
}

// argument is a value with the place it was written at.
type argument struct {
	v    value
	span diag.Span
	name string      // the name it was given by, "" when it was more than a name
	x    syntax.Expr // nil when it came through a pipe
}

// callable is anything that can be applied to tensors: a net, a block or builtin,
// possibly with arguments bound already (a layer), a chain of layers, a
// repetition, or a layer that was made once.
type callable struct {
	name    string // as written: conv, resnet.ConvBN
	block   *syntax.Block
	mod     *module
	builtin *builtin
	bound   []boundArg
	chain   []part
	repeat  *repetition
	inst    *instance // of a `layer`, or nil
	span    diag.Span
}

// boundArg is an argument that was given before the tensors came.
type boundArg struct {
	name string // the parameter
	argument
}

// given finds the argument of a parameter; the last one counts.
func given(bound []boundArg, name string) (argument, bool) {
	for i := len(bound) - 1; i >= 0; i-- {
		if bound[i].name == name {
			return bound[i].argument, true
		}
	}
	return argument{}, false
}

// part is one layer of a chain, with its name under the chain.
type part struct {
	c     *callable
	label string
	node  syntax.Node
}

type repetition struct {
	n int
	c *callable
}

// bare reports whether nothing is bound yet.
func (c *callable) bare() bool {
	return len(c.bound) == 0 && c.inst == nil && c.chain == nil && c.repeat == nil
}
