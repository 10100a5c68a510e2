package op

import (
	"regexp"
	"slices"
	"strings"
	"testing"
)

// operations lists what the table must hold: the design's list of the operations.
const operations = `
	param buffer const iota rng update
	neg abs exp log sqrt rsqrt recip sin cos erf floor round sign not tanh sigmoid
	relu clamp leaky elu silu gelu hardswish hardsigmoid softplus mish prelu
	add sub mul div pow min max eq lt le and or select cast
	reduce argreduce topk cumsum
	reshape transpose broadcast slice pad concat gather scatter_add reverse
	matmul conv conv_dx conv_dw
	maxpool maxpool_dx avgpool avgpool_dx resize resize_dx
	batch_norm bn_train bn_again bn_dx dropout norm norm_dx
	softmax softmax_dx log_softmax log_softmax_dx softmax_xent softmax_xent_dx
	fused relayout`

func TestEveryOperationIsThere(t *testing.T) {
	for _, name := range strings.Fields(operations) {
		if Lookup(name) == nil {
			t.Errorf("the table has no %s", name)
		}
	}
}

// free are the operations that compute nothing and so have no cost.
var free = strings.Fields("param buffer const iota reshape transpose broadcast slice pad concat gather reverse fused chain relayout")

// TestRowsAreComplete finds rows that the manual, the printer or the cost model
// would stumble over.
func TestRowsAreComplete(t *testing.T) {
	name := regexp.MustCompile(`^[a-z][a-z0-9_]*$`)
	for _, d := range All() {
		fail := func(format string, args ...any) {
			t.Helper()
			t.Errorf(d.Name+": "+format, args...)
		}
		if !name.MatchString(d.Name) || d.Group == "" {
			fail("got the name %q in group %q, want both, the name in small letters", d.Name, d.Group)
		}
		for what, text := range map[string]string{"law": d.Law, "doc": d.Doc} {
			if len(text) < 5 || strings.TrimSpace(text) != text || strings.Contains(text, "\n") {
				fail("got the %s %q, want one line", what, text)
			}
		}
		if !strings.HasSuffix(d.Doc, ".") {
			fail("got the doc %q, want sentences", d.Doc)
		}
		if (d.Infer == nil) != (d.Name == "fused" || d.Name == "chain") {
			fail("Infer is nil: %v", d.Infer == nil)
		}
		if got, want := d.Cost == nil, slices.Contains(free, d.Name); got != want {
			fail("got no cost: %v, want %v", got, want)
		}
		if d.Results == 0 && d.Effect != Update && d.Name != "fused" {
			fail("got no result and no effect")
		}
		seen := map[string]bool{}
		for i, a := range d.Args {
			if !name.MatchString(a.Name) || seen[a.Name] {
				fail("got the operand %q, want a name of its own", a.Name)
			}
			if a.Variadic && i != len(d.Args)-1 {
				fail("%s repeats and is not the last", a.Name)
			}
			seen[a.Name] = true
		}
		for _, s := range d.Attrs {
			switch {
			case !name.MatchString(s.Name) || seen[s.Name]:
				fail("got the attribute %q, want a name of its own", s.Name)
			case len(s.Doc) < 4:
				fail("attribute %s has no doc", s.Name)
			case s.Default != nil && !s.Kind.holds(s.Default):
				fail("attribute %s holds no %T, which is its default", s.Name, s.Default)
			}
			seen[s.Name] = true
		}
	}
}

func TestAllIsSorted(t *testing.T) {
	all := All()
	if len(all) != len(table) {
		t.Errorf("got %d rows, want %d", len(all), len(table))
	}
	if !slices.IsSortedFunc(all, func(a, b *Def) int {
		return strings.Compare(a.Group+"\x00"+a.Name, b.Group+"\x00"+b.Name)
	}) {
		t.Error("the rows are not sorted by group, then name")
	}
}

func TestNormalize(t *testing.T) {
	d := Lookup("slice")
	for _, row := range []struct {
		name string
		in   Attrs
		want Attrs  // nil when refused
		err  string // part of the error
	}{
		{"defaults", Attrs{"axis": int64(1), "stop": int64(3)}, Attrs{"axis": int64(1), "start": int64(0), "stop": int64(3), "step": int64(1)}, ""},
		{"all given", Attrs{"axis": int64(1), "start": int64(1), "stop": int64(3), "step": int64(2)}, Attrs{"axis": int64(1), "start": int64(1), "stop": int64(3), "step": int64(2)}, ""},
		{"absent", Attrs{"axis": int64(1)}, nil, "stop"},
		{"wrong kind", Attrs{"axis": 1, "stop": int64(3)}, nil, "axis"},
		{"unknown", Attrs{"axis": int64(1), "stop": int64(3), "stride": int64(2)}, nil, "stride"},
	} {
		got, err := Normalize(d, row.in)
		if row.want == nil {
			if err == nil || !strings.Contains(err.Error(), row.err) {
				t.Errorf("%s: got %v, %v, want an error about %s", row.name, got, err, row.err)
			}
			continue
		}
		if err != nil || len(got) != len(row.want) {
			t.Errorf("%s: got %v, %v, want %v", row.name, got, err, row.want)
		}
		for k, v := range row.want {
			if got[k] != v {
				t.Errorf("%s: got %s = %v, want %v", row.name, k, got[k], v)
			}
		}
	}
}
