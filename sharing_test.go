package netc_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/netc-lang/netc"
	"github.com/netc-lang/netc/ir"
	"github.com/netc-lang/netc/lang/irgen"
)

const towers = `package towers

net Mixed : (x: f32[N, RGB, 8, 8]) -> (y: f32[N, 4])
  = (x |> conv(4, 3) |> bn |> global_avgpool) + Tower(x)

net Tower : (x: f32[N, RGB, 8, 8]) -> (y: f32[N, 4]) = x |> conv(4, 3) |> bn |> global_avgpool

net Other : (x: f32[N, RGB, 8, 8]) -> (y: f32[N, 5]) = x |> conv(5, 3) |> global_avgpool
`

// TestEqualPaths runs nets inside nets whose weights have the same paths: each
// function reads the right ones.
func TestEqualPaths(t *testing.T) {
	path := filepath.Join(t.TempDir(), "towers.net")
	if err := os.WriteFile(path, []byte(towers), 0o644); err != nil {
		t.Fatal(err)
	}
	s, err := netc.Open(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	program, list := s.Check()
	if program == nil {
		t.Fatalf("does not check:\n%s", list)
	}
	m := irgen.Module(program)
	reads := func(net string) []string {
		var out []string
		f := m.Func(net + ".infer")
		for _, in := range f.Instrs {
			if in.Op.Name != "param" {
				continue
			}
			x := m.State(net, in.Attrs.String("name"))
			if x == nil {
				t.Fatalf("%s reads %s, which is nothing", net, in.Attrs.String("name"))
			}
			if strings.HasSuffix(x.Name, "conv.weight") {
				out = append(out, x.Net+" "+x.Name)
			}
		}
		return out
	}
	for net, want := range map[string][]string{
		"Mixed": {"Mixed conv.weight", "Tower conv.weight"}, "Tower": {"Tower conv.weight"}, "Other": {"Other conv.weight"},
	} {
		if got := reads(net); !slices.Equal(got, want) {
			t.Errorf("%s reads %v, want %v", net, got, want)
		}
	}
	if err := ir.Verify(m); err != nil {
		t.Error(err)
	}
	p, list, err := netc.Compile(s, netc.Options{Weights: "seeded", Net: "Mixed"})
	if err != nil || p == nil {
		t.Fatalf("%v\n%s", err, list)
	}
	var names []string
	for _, x := range p.Module.States {
		names = append(names, p.Module.Ref("Mixed", x))
	}
	if !slices.Contains(names, "conv.weight") || !slices.Contains(names, "Tower:conv.weight") || len(names) != 12 {
		t.Errorf("the package of Mixed alone has the weights %v", names)
	}
}
