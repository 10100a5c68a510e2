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

// pointwiseSource has layers of one tap: of quarters that are whole vectors, of others, and one
// that precision=strict keeps to a chain.
const pointwiseSource = `module test "test.net" graph
state Net "a" : f32[48, 16, 1, 1] = uniform(-0.5, 0.5)
state Net "b" : f32[64, 48, 1, 1] = uniform(-0.5, 0.5)
state Net "c" : f32[64, 64, 1, 1] = uniform(-0.5, 0.5)

func @Net.infer infer Net (%x: f32[N, 16, 40, 40]) -> (y: f32[N, 64, 40, 40]) where N >= 1 {
  %1 = param {name="a", shape=[48, 16, 1, 1]} : f32[48, 16, 1, 1]
  %2 = param {name="b", shape=[64, 48, 1, 1]} : f32[64, 48, 1, 1]
  %3 = param {name="c", shape=[64, 64, 1, 1]} : f32[64, 64, 1, 1]
  %4 = conv %x, %1 : f32[N, 48, 40, 40]
  %5 = conv %4, %2 : f32[N, 64, 40, 40]
  %6 = conv %5, %3 {precision="strict"} : f32[N, 64, 40, 40]
  return %6
}
`

// TestTunedPointwise asserts that Strassen's algorithm reaches the layers that it was measured
// for and can compute, and none that shall be strict.
func TestTunedPointwise(t *testing.T) {
	for _, row := range []struct{ lines, algos, err string }{
		{"16->48 direct, 48->64 strassen, 64->64 strassen", "auto strassen direct", ""},
		{"48->64 direct", "auto direct direct", ""},
		{"16->48 strassen", "", "multiples of 16 channels and 32 outputs"},
	} {
		m, err := text.Parse(pointwiseSource)
		if err != nil {
			t.Fatal(err)
		}
		file := ""
		for _, line := range strings.Split(row.lines, ", ") {
			channels, choice, _ := strings.Cut(line, " ")
			in, out, _ := strings.Cut(channels, "->")
			file += fmt.Sprintf("conv %sx40x40->%s 1x1 s1,1 d1,1 p0,0,0,0 g1 n1 | kernels k cpu c l1 0 l2 0 isa avx2 threads 1 | %s 10\n", in, out, choice)
		}
		machine := target.Default(target.AVX2)
		if machine.Tuning, err = target.ParseTuning("m.tune", []byte(file)); err != nil {
			t.Fatal(err)
		}
		if err := Run(m, machine, Options{Verify: true}); row.err != "" {
			if err == nil || !strings.Contains(err.Error(), row.err) {
				t.Errorf("%s: got %v, want %s", row.lines, err, row.err)
			}
			continue
		} else if err != nil {
			t.Fatal(err)
		}
		var algos []string
		for _, in := range m.Funcs[0].Instrs {
			for _, in := range in.Parts() {
				if in.Op.Name == "conv" {
					algos = append(algos, in.Attrs.String("algo"))
				}
			}
		}
		if got := strings.Join(algos, " "); got != row.algos {
			t.Errorf("%s: got the algorithms %s, want %s", row.lines, got, row.algos)
		}
	}
}
