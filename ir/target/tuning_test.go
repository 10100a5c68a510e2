package target

import (
	"strings"
	"testing"
)

var zen4 = Machine{CPU: "AuthenticAMD-25-17", L1: 32768, L2: 1048576}

func tuneLine(op, isa, choice string) TuneLine {
	return TuneLine{Op: op, Kernels: "abc", Machine: zen4, ISA: isa, Threads: 1, Choice: choice, Micros: 12.5}
}

func TestTuningText(t *testing.T) {
	a := &Tuning{}
	for _, l := range []TuneLine{tuneLine("conv b", "avx2", "direct"), tuneLine("conv a", "avx512", "winograd4"), tuneLine("conv a", "avx2", "plain")} {
		a.Put(l)
	}
	text := a.Text()
	b, err := ParseTuning("m.tune", text)
	if err != nil {
		t.Fatal(err)
	}
	if got := string(b.Text()); got != string(text) {
		t.Errorf("got %q after reading, want %q", got, text)
	}
	if want := "conv a | kernels abc cpu AuthenticAMD-25-17 l1 32768 l2 1048576 isa avx2 threads 1 | plain 12.5\n"; !strings.Contains(string(text), want) {
		t.Errorf("got %q, want the line %q", text, want)
	}
	again := tuneLine("conv b", "avx2", "winograd2")
	again.Kernels = "def"
	b.Put(again)
	if len(b.Lines) != 3 {
		t.Errorf("got %d lines, want the new one in the place of the old", len(b.Lines))
	}
	if n := b.Drop("def"); n != 2 || len(b.Lines) != 1 {
		t.Errorf("got %d lines dropped and %d left, want 2 and 1", n, len(b.Lines))
	}
}

func TestTuningChoose(t *testing.T) {
	a := &Tuning{Lines: []TuneLine{tuneLine("x", "avx512", "direct"), tuneLine("x", "avx2", "winograd4"), tuneLine("y", "avx2", "plain")}}
	if l, ok := a.Choose("x"); !ok || l.Choice != "winograd4" {
		t.Errorf("got %v, want the first in order among equals", l)
	}
	more := tuneLine("x", "generic", "direct")
	a.Put(more)
	if l, _ := a.Choose("x"); l.Choice != "direct" {
		t.Errorf("got %v, want what most lines say", l)
	}
	if l, ok := a.Choose("z"); ok {
		t.Errorf("got %v for an operation that nobody measured", l)
	}
	if _, ok := (*Tuning)(nil).Choose("x"); ok {
		t.Error("got a choice without a file")
	}
}

func TestTuningMistakes(t *testing.T) {
	good := string((&Tuning{Lines: []TuneLine{tuneLine("conv a", "avx2", "direct")}}).Text())
	for _, row := range []struct{ from, to, want string }{
		{" | direct", " direct", "m.tune:2:1: found 2 parts"},
		{"cpu ", "processor ", `m.tune:2:22: found "processor", expected cpu`},
		{"l1 32768", "l1 much", `m.tune:2:48: found "much", expected a number`},
		{"direct", "fastest", `m.tune:2:86: found the choice "fastest"`},
		{" 12.5", " -1", `found the time "-1"`},
	} {
		_, err := ParseTuning("m.tune", []byte(strings.Replace(good, row.from, row.to, 1)))
		if err == nil || !strings.Contains(err.Error(), row.want) {
			t.Errorf("%q for %q: got %v, want %s", row.to, row.from, err, row.want)
		}
	}
}
