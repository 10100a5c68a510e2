package passes

import (
	"testing"

	"github.com/netc-lang/netc/ir"
	"github.com/netc-lang/netc/ir/target"
	"github.com/netc-lang/netc/ir/text"
)

// normsSource has two norms on the way forward, the second with an activation and read by
// the gradient of a 1x1 convolution; the gradient of the first norm is not asked for, so
// that nobody fetches what it read.
const normsSource = `module test "test.net" graph

func @step train_step Net (%x: f32[N, 8, 6, 6], %u: f32[8, 8, 1, 1], %g: f32[8], %b: f32[8], %m: f32[8], %v: f32[8]) -> (du: f32[8, 8, 1, 1], du2: f32[8, 8, 1, 1], dg: f32[8], db: f32[8]) where N >= 1 {
  %0 = const {values=[0.0]} : f32
  %1 = conv %x, %u, _, _ : f32[N, 8, 6, 6]
  %2, %3, %4, %5, %6 = bn_train %1, %g, %b, %m, %v : f32[N, 8, 6, 6], f32[8], f32[8], f32[8], f32[8]
  %7 = conv %2, %u, _, _ : f32[N, 8, 6, 6]
  %8, %9, %10, %11, %12 = bn_train %7, %g, %b, %m, %v : f32[N, 8, 6, 6], f32[8], f32[8], f32[8], f32[8]
  %13 = relu %8 : f32[N, 8, 6, 6]
  %14 = conv %13, %u, _, _ : f32[N, 8, 6, 6]
  %15 = conv_dx %14, %u, _ {shape=[N, 8, 6, 6]} : f32[N, 8, 6, 6]
  %16 = conv_dw %13, %14 {kernel=[1, 1]} : f32[8, 8, 1, 1]
  %17 = lt %0, %13 : bool[N, 8, 6, 6]
  %18 = select %17, %15, %0 : f32[N, 8, 6, 6]
  %19, %20, %21, %22 = bn_dx %7, %18, %g, %9, %10, _ : f32[N, 8, 6, 6], f32[8], f32[8], f32[N, 8, 6, 6]
  %23 = conv_dw %2, %19 {kernel=[1, 1]} : f32[8, 8, 1, 1]
  return %16, %23, %20, %21
}
`

// TestRecomputeNorms asserts which norms are computed again: those whose result stays in
// the last cache until it is read, if what they read is fetched anyway.
func TestRecomputeNorms(t *testing.T) {
	for _, row := range []struct {
		name string
		l3   int
		want []string // activations of what is computed again
	}{
		{"the caches hold it", 8 << 20, []string{"relu"}},
		{"too large", 6*6*8*4 - 1, nil},
	} {
		t.Run(row.name, func(t *testing.T) {
			m, err := text.Parse(normsSource)
			if err != nil {
				t.Fatal(err)
			}
			before := m.Clone()
			machine := target.Default(target.AVX2)
			machine.Layouts, machine.L3 = target.OnlyBlocked, row.l3
			if err := Run(m, machine, Options{Verify: true}); err != nil {
				t.Fatal(err)
			}
			var got []string
			for i, in := range m.Funcs[0].Instrs {
				if in.Op.Name != "bn_again" {
					continue
				}
				got = append(got, in.Attrs.String("act"))
				if next := m.Funcs[0].Instrs[i+1]; next.Op.Name != "conv_dw" || next.Args[0] != in.Outs[0] {
					t.Errorf("behind bn_again comes %s, want the gradient that reads it", next.Op.Name)
				}
			}
			if len(got) != len(row.want) || len(got) > 0 && got[0] != row.want[0] {
				t.Errorf("got norms with %v computed again, want %v", got, row.want)
			}
			sameFunctions(t, before, m)
		})
	}
}

// TestNormsBehindPools asserts that the result of a norm that only a pool reads, and the
// gradient of the norm, which computes it itself, is not kept for that.
func TestNormsBehindPools(t *testing.T) {
	const source = `module test "test.net" graph

func @step train_step Net (%x: f32[N, 8, 6, 6], %u: f32[8, 8, 1, 1], %g: f32[8], %b: f32[8], %m: f32[8], %v: f32[8]) -> (du: f32[8, 8, 1, 1], dg: f32[8], db: f32[8]) where N >= 1 {
  %0 = const {values=[0.0]} : f32
  %1 = conv %x, %u, _, _ : f32[N, 8, 6, 6]
  %2, %3, %4, %5, %6 = bn_train %1, %g, %b, %m, %v : f32[N, 8, 6, 6], f32[8], f32[8], f32[8], f32[8]
  %7 = relu %2 : f32[N, 8, 6, 6]
  %8, %9 = maxpool %7 {kernel=[2, 2], stride=[2, 2]} : f32[N, 8, 3, 3], u8[N, 8, 3, 3]
  %10 = conv_dx %8, %u, _ {shape=[N, 8, 3, 3]} : f32[N, 8, 3, 3]
  %11 = maxpool_dx %9, %10 {kernel=[2, 2], stride=[2, 2], shape=[N, 8, 6, 6]} : f32[N, 8, 6, 6]
  %12 = lt %0, %7 : bool[N, 8, 6, 6]
  %13 = select %12, %11, %0 : f32[N, 8, 6, 6]
  %14, %15, %16, %17 = bn_dx %1, %13, %g, %3, %4, _ : f32[N, 8, 6, 6], f32[8], f32[8], f32[N, 8, 6, 6]
  %18 = conv_dw %x, %14 {kernel=[1, 1]} : f32[8, 8, 1, 1]
  return %18, %15, %16
}
`
	m, err := text.Parse(source)
	if err != nil {
		t.Fatal(err)
	}
	before := m.Clone()
	machine := target.Default(target.AVX2)
	machine.Layouts = target.OnlyBlocked
	if err := Run(m, machine, Options{Verify: true}); err != nil {
		t.Fatal(err)
	}
	var norm, gradient *ir.Instr
	for _, in := range m.Funcs[0].Instrs {
		switch in.Op.Name {
		case "bn_train":
			norm = in
		case "bn_dx":
			gradient = in
		}
	}
	if norm == nil || gradient == nil || !gradient.Attrs.Bool("again") || gradient.Args[5] == norm.Outs[0] {
		t.Errorf("got a step in which the gradient of the norm keeps the norm's result alive:\n%s", text.Print(m))
	}
	sameFunctions(t, before, m)
}
