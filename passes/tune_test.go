package passes

import (
	"fmt"
	"strings"
	"testing"

	"github.com/netc-lang/netc/ir/target"
	"github.com/netc-lang/netc/ir/text"
)

// tuneSource has a convolution with a choice and one without, together large enough
// for blocks of channels.
const tuneSource = `module test "test.net" graph
state Net "a" : f32[16, 8, 3, 3] = uniform(-0.5, 0.5)
state Net "b" : f32[16, 16, 5, 5] = uniform(-0.5, 0.5)

func @Net.infer infer Net (%x: f32[N, 8, 40, 40]) -> (y: f32[N, 16, 40, 40]) where N >= 1 {
  %1 = param {name="a", shape=[16, 8, 3, 3]} : f32[16, 8, 3, 3]
  %2 = param {name="b", shape=[16, 16, 5, 5]} : f32[16, 16, 5, 5]
  %3 = conv %x, %1 {pad=[1, 1, 1, 1]} : f32[N, 16, 40, 40]
  %4 = conv %3, %2 {pad=[2, 2, 2, 2]} : f32[N, 16, 40, 40]
  return %4
}
`

// TestTuned asserts that measured choices reach the instructions, and that choices that
// cannot be are refused with the place of their line.
func TestTuned(t *testing.T) {
	const small, large = "conv 8x40x40->16 3x3 s1,1 d1,1 p1,1,1,1 g1 n1", "conv 16x40x40->16 5x5 s1,1 d1,1 p2,2,2,2 g1 n1"
	for _, row := range []struct {
		name   string
		lines  []string // OP | choice time
		algo   string   // of the first convolution
		blocks bool
		err    string
	}{
		{"none", nil, "auto", true, ""},
		{"winograd", []string{small + "|winograd2 10", large + "|direct 100"}, "winograd2", true, ""},
		{"most time plain", []string{small + "|winograd2 10", large + "|plain 100"}, "auto", false, ""},
		{"least time plain", []string{small + "|plain 10", large + "|direct 100"}, "auto", true, ""},
		{"impossible", []string{large + "|winograd4 100"}, "", true, "m.tune:1: winograd4 cannot compute " + large},
	} {
		t.Run(row.name, func(t *testing.T) {
			m, err := text.Parse(tuneSource)
			if err != nil {
				t.Fatal(err)
			}
			var file strings.Builder
			for _, l := range row.lines {
				op, choice, _ := strings.Cut(l, "|")
				fmt.Fprintf(&file, "%s | kernels k cpu c l1 0 l2 0 isa avx2 threads 1 | %s\n", op, choice)
			}
			machine := target.Default(target.AVX2)
			if machine.Tuning, err = target.ParseTuning("m.tune", []byte(file.String())); err != nil {
				t.Fatal(err)
			}
			err = Run(m, machine, Options{Verify: true})
			if row.err != "" {
				if err == nil || !strings.Contains(err.Error(), row.err) {
					t.Errorf("got %v, want %s", err, row.err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			for _, in := range m.Funcs[0].Instrs {
				if in.Op.Name != "conv" {
					continue
				}
				if got := !in.Outs[0].Layout.Plain(); got != row.blocks {
					t.Errorf("got blocks %v, want %v", got, row.blocks)
				}
				if size, _ := in.Args[1].Type.Dims[2].Size.IsConst(); size == 3 && in.Attrs.String("algo") != row.algo {
					t.Errorf("got the algorithm %s, want %s", in.Attrs.String("algo"), row.algo)
				}
			}
		})
	}
}

// stemSource has the first layer of a residual net, and the same window on a map of as
// few channels.
const stemSource = `module test "test.net" graph
state Net "a" : f32[64, 3, 7, 7] = uniform(-0.5, 0.5)
state Net "b" : f32[3, 64, 3, 3] = uniform(-0.5, 0.5)
state Net "c" : f32[64, 3, 7, 7] = uniform(-0.5, 0.5)

func @Net.infer infer Net (%x: f32[N, 3, 80, 80]) -> (y: f32[N, 64, 20, 20]) where N >= 1 {
  %1 = param {name="a", shape=[64, 3, 7, 7]} : f32[64, 3, 7, 7]
  %2 = param {name="b", shape=[3, 64, 3, 3]} : f32[3, 64, 3, 3]
  %3 = param {name="c", shape=[64, 3, 7, 7]} : f32[64, 3, 7, 7]
  %4 = conv %x, %1 {stride=[2, 2], pad=[3, 3, 3, 3]} : f32[N, 64, 40, 40]
  %5 = conv %4, %2 {pad=[1, 1, 1, 1]} : f32[N, 3, 40, 40]
  %6 = conv %5, %3 {stride=[2, 2], pad=[3, 3, 3, 3]} : f32[N, 64, 20, 20]
  return %6
}
`

// TestTunedPicture asserts that a choice measured on a picture reaches the convolution
// that reads one, and no other.
func TestTunedPicture(t *testing.T) {
	m, err := text.Parse(stemSource)
	if err != nil {
		t.Fatal(err)
	}
	file := ""
	for _, side := range []int{80, 40} {
		file += fmt.Sprintf("conv 3x%dx%d->64 7x7 s2,2 d1,1 p3,3,3,3 g1 n1 | kernels k cpu c l1 0 l2 0 isa avx2 threads 1 | stem 10\n", side, side)
	}
	machine := target.Default(target.AVX2)
	if machine.Tuning, err = target.ParseTuning("m.tune", []byte(file)); err != nil {
		t.Fatal(err)
	}
	if err := Run(m, machine, Options{Verify: true}); err != nil {
		t.Fatal(err)
	}
	var algos []string
	for _, in := range m.Funcs[0].Instrs {
		if in.Op.Name == "conv" {
			algos = append(algos, in.Attrs.String("algo"))
		}
	}
	if got, want := strings.Join(algos, " "), "stem auto auto"; got != want {
		t.Errorf("got the algorithms %s, want %s", got, want)
	}
}
