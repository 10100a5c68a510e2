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
