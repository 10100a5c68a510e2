package syntax

import (
	"reflect"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/netc-lang/netc/internal/diag"
)

// sameTree compares trees without their places.
var sameTree = cmp.Options{cmpopts.IgnoreTypes(diag.Span{}, &diag.File{}), cmpopts.EquateEmpty()}

func TestPrecedence(t *testing.T) {
	for text, want := range map[string]string{
		"a or b and c":                        "(or a (and b c))",
		"a and b or c and d":                  "(or (and a b) (and c d))",
		"not a == b":                          "(not (== a b))",
		"not a and not b":                     "(and (not a) (not b))",
		"a or not b..c":                       "(or a (not (.. b c)))",
		"a + b < c * d":                       "(< (+ a b) (* c d))",
		"a + 1..b - 1":                        "(.. (+ a 1) (- b 1))",
		"a..b == c..d":                        "(== (.. a b) (.. c d))",
		"a - b - c":                           "(- (- a b) c)",
		"a / b * c % d":                       "(% (* (/ a b) c) d)",
		"a + b * c - d":                       "(- (+ a (* b c)) d)",
		"-a + b":                              "(+ (- a) b)",
		"-a * b":                              "(* (- a) b)",
		"a * -b":                              "(* a (- b))",
		"-a ** b":                             "(- (** a b))",
		"a ** -b":                             "(** a (- b))",
		"a ** b ** c":                         "(** a (** b c))",
		"a ** -b ** c * d":                    "(* (** a (- (** b c))) d)",
		"64 * 2**i":                           "(* 64 (** 2 i))",
		"-12..12":                             "(.. (- 12) 12)",
		"-f(x)[1].y":                          "(- (. (index (call f x) 1) y))",
		"(a)":                                 "(tuple a)",
		"(a, b)":                              "(tuple a b)",
		"[]":                                  "(list)",
		"[a, [b],]":                           "(list a (list b))",
		"f(a, b=1, c = d + 1,)":               "(call f a b=1 c=(+ d 1))",
		"f()(x)":                              "(call (call f) x)",
		"x[i, a..b, _, ...]":                  "(index x i (.. a b) _ ...)",
		"x[...S]":                             "(index x ...S)",
		"f32[1, RGB, 224]":                    "(index f32 1 RGB 224)",
		"m.layer.net":                         "(. (. m layer) net)",
		"op.and(a, b)":                        "(call (. op and) a b)",
		"if a then b else if c then d else e": "(if a b (if c d e))",
		"f(if a then b else c)":               "(call f (if a b c))",
		"x |> f |> g(1) as h":                 "(|> x f (call g 1):h)",
		"x as a |> f as _":                    "(|> x:a f:_)",
		"a + b |> f":                          "(|> (+ a b) f)",
		"(x |> f) + y":                        "(+ (tuple (|> x f)) y)",
		"(x, y) |> m.f(1)":                    "(|> (tuple x y) (call (. m f) 1))",
		"a or b |> f":                         "(|> (or a b) f)",
		"\"a\\\"b\\n\"":                       `"a\"b\n"`,
		"1e-4 + 61_706 + 0.25":                "(+ (+ 1e-4 61_706) 0.25)",
		"true == false":                       "(== true false)",
		"data + train * prep - freeze":        "(- (+ data (* train prep)) freeze)",
	} {
		x, problems := ParseExpr(diag.NewFile("x", []byte(text)))
		if len(problems) > 0 {
			t.Errorf("%s: %v", text, problems)
		} else if got := dump(x); got != want {
			t.Errorf("%s: got %s, want %s", text, got, want)
		}
	}
}

func TestExpressionMistakes(t *testing.T) {
	for text, want := range map[string]string{
		"":            "E0102",
		"a b":         "E0102",
		"a == b == c": "E0157",
		"a < b <= c":  "E0157",
		"a..b..c":     "E0157",
		"a + not b":   "E0158",
		"a ** not b":  "E0158",
		"--a":         "E0102",
		"not not a":   "E0102",
		"a |> f + b":  "E0107",
		"a |> f == b": "E0107",
		"a |> -f":     "E0102",
		"a as b + c":  "E0102",
		"(a":          "E0151",
		"a)":          "E0152",
		"(a]":         "E0152",
		"()":          "E0102",
		"f(a=)":       "E0102",
		"f(,)":        "E0102",
		"x[]":         "E0102",
		"a.":          "E0102",
		"a.5":         "E0102",
		"1.":          "E0104",
		".5":          "E0104",
		"1e999":       "E0104",
		"1__0":        "E0104",
		"12ab":        "E0104",
		"\"a":         "E0103",
		"\"\\q\"":     "E0105",
		"a & b":       "E0106",
		"π":           "E0106",
		"_a":          "E0106",
		"in":          "E0102",
		"a;":          "E0102",
	} {
		x, problems := ParseExpr(diag.NewFile("x", []byte(text)))
		if got := codes(problems); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
		if (x == nil) != (len(problems) > 0) {
			t.Errorf("%q: got tree %v together with %v", text, x, problems)
		}
	}
}

// Every expression of the programs must parse to itself from the text that its
// span covers: spans are exact.
func TestSpansOfExpressions(t *testing.T) {
	n := 0
	for path, src := range readPrograms(t) {
		f, _ := Parse(src)
		Inspect(f, func(node Node) bool {
			x, ok := node.(Expr)
			if !ok {
				return true
			}
			n++
			text := x.Span().Text()
			again, problems := ParseExpr(diag.NewFile(path, []byte(text)))
			if len(problems) > 0 {
				t.Errorf("%s: the span of a %T is %q: %v", path, x, text, problems)
			} else if d := cmp.Diff(x, again, sameTree); d != "" {
				t.Errorf("%s: the span of a %T is %q: %s", path, x, text, d)
			}
			return true
		})
	}
	if n < 1000 {
		t.Errorf("got %d expressions in the programs, want more than 1000", n)
	}
}

// Every node lies within its parent and begins and ends at a token.
func TestSpansNest(t *testing.T) {
	for path, src := range readPrograms(t) {
		f, _ := Parse(src)
		toks, _ := Scan(src)
		begins, ends := map[int]bool{}, map[int]bool{}
		for _, tok := range toks {
			begins[tok.Start], ends[tok.End()] = true, true
		}
		var walk func(parent Node)
		walk = func(parent Node) {
			Inspect(parent, func(n Node) bool {
				if n == parent {
					return true
				}
				s, out := n.Span(), parent.Span()
				if s.Start < out.Start || s.End > out.End || s.Start >= s.End {
					t.Errorf("%s: a %T at %d..%d is not inside its %T at %d..%d", path, n, s.Start, s.End, parent, out.Start, out.End)
				}
				if !begins[s.Start] || !ends[s.End] {
					t.Errorf("%s: the span of a %T is %q, which cuts a token", path, n, s.Text())
				}
				walk(n)
				return false
			})
		}
		walk(f)
	}
}

// Inspect must not forget a field: it finds as many nodes as reflection does.
func TestInspectIsComplete(t *testing.T) {
	for path, src := range readPrograms(t) {
		f, _ := Parse(src)
		got := 0
		Inspect(f, func(Node) bool { got++; return true })
		if want := countNodes(reflect.ValueOf(f)); got != want {
			t.Errorf("%s: got %d nodes, want %d", path, got, want)
		}
	}
}

func countNodes(v reflect.Value) int {
	switch v.Kind() {
	case reflect.Interface:
		if !v.IsNil() {
			return countNodes(v.Elem())
		}
	case reflect.Pointer:
		switch v.Interface().(type) {
		case *diag.File, *Ident, *Ref:
			return 0
		}
		if !v.IsNil() {
			return 1 + countNodes(v.Elem())
		}
	case reflect.Slice:
		n := 0
		for i := range v.Len() {
			n += countNodes(v.Index(i))
		}
		return n
	case reflect.Struct:
		if v.Type() == reflect.TypeOf(diag.Span{}) {
			return 0
		}
		n := 0
		for i := range v.NumField() {
			n += countNodes(v.Field(i))
		}
		return n
	}
	return 0
}
