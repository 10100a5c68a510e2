package sym

import "testing"

func TestSample(t *testing.T) {
	f := Facts{Divides: map[string]int64{"H": 16, "K": 8}, Min: map[string]int64{"H": 20, "E": 5}, Max: map[string]int64{"N": 4, "K": 30, "E": 4}}
	for _, row := range []struct {
		name string
		k    int64
		want int64
		ok   bool
	}{
		{"N", 0, 1, true}, {"N", 2, 3, true}, {"N", 9, 4, true},
		{"H", 0, 32, true}, {"H", 2, 64, true}, {"K", 0, 8, true}, {"K", 7, 24, true},
		{"free", 0, 1, true}, {"free", 5, 6, true}, {"E", 0, 0, false},
	} {
		if got, ok := f.Sample(row.name, row.k); got != row.want || ok != row.ok {
			t.Errorf("%s, %d: got %d, %t, want %d, %t", row.name, row.k, got, ok, row.want, row.ok)
		}
	}
}

func TestBroken(t *testing.T) {
	f := Facts{Divides: map[string]int64{"H": 16}, Min: map[string]int64{"H": 20}, Max: map[string]int64{"H": 100}}
	for _, row := range []struct {
		name  string
		value int64
		want  string
	}{
		{"H", 32, ""}, {"H", 33, "H % 16 == 0"}, {"H", 16, "H >= 20"}, {"H", 112, "H <= 100"}, {"N", 0, "N >= 1"}, {"N", 7, ""},
	} {
		if got := f.Broken(row.name, row.value); got != row.want {
			t.Errorf("%s = %d: got %q, want %q", row.name, row.value, got, row.want)
		}
	}
}

func TestAdopt(t *testing.T) {
	net := Facts{Divides: map[string]int64{"H": 16}, Min: map[string]int64{"H": 20}, Max: map[string]int64{"H": 100, "W": 9}}
	f := Facts{Divides: map[string]int64{"h": 6}, Max: map[string]int64{"h": 50}}
	before := f
	f.Adopt(Symbol("h"), Symbol("H"), net)
	f.Adopt(Symbol("w"), Symbol("W"), net)
	f.Adopt(Symbol("v").Add(Const(1)), Symbol("H"), net)
	f.Adopt(Const(4), Symbol("H"), net)
	for _, row := range []struct {
		m    map[string]int64
		name string
		want int64
	}{{f.Divides, "h", 48}, {f.Min, "h", 20}, {f.Max, "h", 50}, {f.Max, "w", 9}, {f.Min, "v", 0}, {before.Divides, "h", 6}} {
		if got := row.m[row.name]; got != row.want {
			t.Errorf("%s: got %d, want %d", row.name, got, row.want)
		}
	}
	if len(f.Max) != 2 || len(f.Min) != 1 || len(f.Divides) != 1 {
		t.Errorf("got %+v, want facts of h and w only", f)
	}
}
