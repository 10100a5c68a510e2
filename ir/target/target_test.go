package target

import "testing"

func TestParse(t *testing.T) {
	for _, row := range []struct {
		name string
		want ISA
		ok   bool
	}{
		{"avx2", AVX2, true},
		{"generic", Generic, true},
		{"", "", false},
		{"AVX2", "", false},
	} {
		got, err := Parse(row.name)
		if got != row.want || (err == nil) != row.ok {
			t.Errorf("Parse(%q) = %q, %v, want %q, ok %v", row.name, got, err, row.want, row.ok)
		}
	}
}

func TestDefaultIsComplete(t *testing.T) {
	for _, isa := range []ISA{Generic, AVX2} {
		d := Default(isa)
		if d.ISA != isa || d.Lanes < 1 || d.Registers < 1 || d.L1 < 1 || d.L2 < d.L1 || d.L3 < d.L2 || d.Align%4 != 0 || d.Align == 0 {
			t.Errorf("Default(%s) = %+v, want every field set", isa, d)
		}
	}
	if got := Default("riscv").ISA; got != Generic {
		t.Errorf("Default of an unknown set = %s, want %s", got, Generic)
	}
}
