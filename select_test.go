package netc_test

import (
	"strings"
	"testing"

	"github.com/netc-lang/netc"
)

// TestCompileOneNet compiles one net of a file that has two.
func TestCompileOneNet(t *testing.T) {
	s, err := netc.Open("squeezenet", nil)
	if err != nil {
		t.Fatal(err)
	}
	p, list, err := netc.Compile(s, netc.Options{Weights: "seeded", Net: "SqueezeNet11"})
	if err != nil || p == nil {
		t.Fatal(list, err)
	}
	for _, f := range p.Module.Funcs {
		if f.Net != "SqueezeNet11" {
			t.Errorf("got %s, want SqueezeNet11 only", f.Name)
		}
	}
	size := 0
	for name, text := range p.Files {
		if strings.HasSuffix(name, ".weights") {
			size = len(text)
		}
	}
	if want := 4 * 1_235_496; size < want || size > 4*want { // Winograd's are four times the plain ones
		t.Errorf("got %d bytes of packed weights, want %d to %d", size, want, 4*want)
	}
	if _, _, err = netc.Compile(s, netc.Options{Weights: "seeded", Net: "SqueezeNet12"}); err == nil || !strings.Contains(err.Error(), "no net called SqueezeNet12") {
		t.Errorf("got %v, want an error that names SqueezeNet12", err)
	}
}
