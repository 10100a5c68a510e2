package check

import "testing"

// TestNamePatterns pins what holes of a weight rule match and how they are solved.
func TestNamePatterns(t *testing.T) {
	for _, c := range []struct{ from, to, name, want string }{
		{"conv1.{p}", "stem.conv.{p}", "conv1.weight", "stem.conv.weight"},
		{"conv1.{p}", "stem.conv.{p}", "conv1.bn.weight", ""}, // one part only
		{"layer{i+1}.{j}.conv{k}.{p}", "stage[{i}][{j}].conv{k}.conv.{p}", "layer3.0.conv2.weight", "stage[2][0].conv2.conv.weight"},
		{"layer{i+1}.{p}", "stage[{i}].{p}", "layer0.weight", ""}, // i would be -1
		{"layer{i-1}.{p}", "b[{i}].{p}", "layer0.weight", "b[1].weight"},
		{"layer{i+1}.{p}", "stage[{i}].{p}", "layerx.weight", ""},
		{"b[{i}].{p}", "{i+2}.{p}", "b[7].bias", "9.bias"},
		{"{a}.{a}", "{a}", "x.x", "x"},
		{"{a}.{a}", "{a}", "x.y", ""},
		{"module.*", "*", "module.a.b.c", "a.b.c"},
		{"*.weight", "head.*.w", "a.b.weight", "head.a.b.w"},
		{"a.b", "c", "axb", ""}, // a point is a point
	} {
		from, err1 := parseNamePattern(c.from)
		to, err2 := parseNamePattern(c.to)
		if err1 != nil || err2 != nil {
			t.Fatalf("%s -> %s: %v, %v", c.from, c.to, err1, err2)
		}
		got := ""
		if values, ok := from.match(c.name); ok {
			got, _ = to.fill(values)
		}
		if got != c.want {
			t.Errorf("%q -> %q makes %q of %q, want %q", c.from, c.to, got, c.name, c.want)
		}
	}
	for _, bad := range []string{"{", "a}", "{}", "{a+}", "{a*b}", "*.*", "{1}", "{a+99999999999}"} {
		if _, err := parseNamePattern(bad); err == nil {
			t.Errorf("%q is a pattern", bad)
		}
	}
}

// FuzzNamePattern wants no panic, and that what a pattern matched it can write again.
func FuzzNamePattern(f *testing.F) {
	f.Add("layer{i+1}.{p}*", "layer3.weight.x")
	f.Fuzz(func(t *testing.T, text, name string) {
		p, err := parseNamePattern(text)
		if err != nil {
			return
		}
		values, ok := p.match(name)
		if !ok {
			return
		}
		again, ok := p.fill(values)
		if !ok {
			t.Fatalf("%q matched %q and cannot be written", text, name)
		}
		if more, ok := p.match(again); !ok || len(more) != len(values) {
			t.Errorf("%q matched %q, wrote %q and does not match that", text, name, again)
		}
	})
}
