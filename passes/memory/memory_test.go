package memory

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/netc-lang/netc/ir"
	"github.com/netc-lang/netc/ir/op"
	"github.com/netc-lang/netc/ir/sym"
	"github.com/netc-lang/netc/ir/target"
	"github.com/netc-lang/netc/runtime/tensor"
)

func scaledSize(b *block) int64 { return b.size.scaled }

// overlap returns two blocks that share bytes while both are alive.
func overlap(blocks []*block, size func(*block) int64) error {
	for i, a := range blocks {
		for _, b := range blocks[i+1:] {
			if a.first <= b.last && b.first <= a.last && a.offset < b.offset+size(b) && b.offset < a.offset+size(a) {
				return fmt.Errorf("blocks %+v and %+v overlap", *a, *b)
			}
		}
	}
	return nil
}

func randomBlocks(rng *rand.Rand, n int) []*block {
	var blocks []*block
	for i := range n {
		blocks = append(blocks, &block{size: linear{scaled: 64 * int64(1+rng.IntN(20))}, first: i, last: i + 1 + rng.IntN(5)*rng.IntN(4)})
	}
	return blocks
}

func TestPackIsValidAndNearItsBound(t *testing.T) {
	met := 0
	for seed := range uint64(200) {
		blocks := randomBlocks(rand.New(rand.NewPCG(seed, 1)), 40)
		top, bound := pack(blocks, scaledSize), peak(blocks, scaledSize)
		if err := overlap(blocks, scaledSize); err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		if top < bound || float64(top) > 1.1*float64(bound) {
			t.Errorf("seed %d: got %d bytes, want %d to %.0f", seed, top, bound, 1.1*float64(bound))
		}
		if top == bound {
			met++
		}
	}
	if met < 150 {
		t.Errorf("got %d of 200 plans at their bound, want 150 or more", met)
	}
}

func TestPackIsDeterministic(t *testing.T) {
	a, b := randomBlocks(rand.New(rand.NewPCG(5, 1)), 60), randomBlocks(rand.New(rand.NewPCG(5, 1)), 60)
	pack(a, scaledSize)
	pack(b, scaledSize)
	for i := range a {
		if a[i].offset != b[i].offset {
			t.Fatalf("block %d: got offsets %d and %d, want equal ones", i, a[i].offset, b[i].offset)
		}
	}
}

// TestFillUsesHoles places fixed blocks where the hole of a batch of one is large
// enough, and nowhere else.
func TestFillUsesHoles(t *testing.T) {
	scaled := []*block{
		{size: linear{scaled: 256}, first: 0, last: 9, offset: 0},
		{size: linear{scaled: 128}, first: 0, last: 2, offset: 256},
		{size: linear{scaled: 256}, first: 0, last: 9, offset: 384},
	}
	fits := &block{size: linear{fixed: 128}, first: 4, last: 6}
	tooLong := &block{size: linear{fixed: 128}, first: 1, last: 6}
	tooLarge := &block{size: linear{fixed: 192}, first: 4, last: 6}
	rest := fill(scaled, []*block{fits, tooLong, tooLarge}, 640)
	if len(rest) != 2 || rest[0] != tooLarge || rest[1] != tooLong {
		t.Errorf("got %d blocks left, want the one that is too large and the one that lives too long", len(rest))
	}
	if !fits.inHole || fits.offset != 256 {
		t.Errorf("got offset %d in a hole: %v, want 256 in a hole", fits.offset, fits.inHole)
	}
}

// fn builds a function over x f32[N, 8].
func fn(build func(b *ir.Builder, x *ir.Value) []*ir.Value) *ir.Func {
	f := &ir.Func{Name: "f"}
	x := f.AddInput("x", op.Tensor(tensor.F32, sym.Symbol("N"), sym.Const(8)))
	for i, v := range build(ir.NewBuilder(f), x) {
		f.Results = append(f.Results, ir.Result{Name: fmt.Sprint("y", i), Value: v})
	}
	return f
}

// wrap makes regions of elementwise instructions, as the passes before would.
func wrap(f *ir.Func) {
	for i, in := range f.Instrs {
		if in.Op.Group == "unary" || in.Op.Group == "binary" {
			f.Instrs[i] = &ir.Instr{Op: op.Lookup("fused"), Body: []*ir.Instr{in}, Args: slices.Clone(in.Args), Outs: in.Outs}
		}
	}
}

func planned(t *testing.T, f *ir.Func) {
	t.Helper()
	wrap(f)
	m := &ir.Module{Funcs: []*ir.Func{f}, Stage: ir.Scheduled}
	if _, err := Run(m, target.Default(target.AVX2)); err != nil {
		t.Fatal(err)
	}
	for _, n := range []int64{1, 3, 100} {
		if err := Check(f, map[string]int64{"N": n}, 64); err != nil {
			t.Fatal(err)
		}
	}
}

func TestRegionsRunInPlace(t *testing.T) {
	f := fn(func(b *ir.Builder, x *ir.Value) []*ir.Value {
		y := b.One("softmax", op.Attrs{"axis": int64(1)}, x)
		for range 5 {
			y = b.One("tanh", nil, y)
		}
		return []*ir.Value{y}
	})
	planned(t, f)
	if got, want := f.Memory.Arena.String(), sym.Symbol("N").Mul(sym.Const(64)).String(); got != want {
		t.Errorf("got an arena of %s bytes, want %s: one value", got, want)
	}
}

func TestInputsAreNotOverwritten(t *testing.T) {
	f := fn(func(b *ir.Builder, x *ir.Value) []*ir.Value {
		v := b.One("reshape", op.Attrs{"shape": []op.Dim{{Size: sym.Symbol("N").Mul(sym.Const(8))}}}, x)
		return []*ir.Value{b.One("tanh", nil, v)}
	})
	planned(t, f)
	view, y := f.Instrs[0].Outs[0], f.Instrs[1].Outs[0]
	if view.Mem.Space != ir.InputSpace || y.Mem.Space != ir.ArenaSpace {
		t.Errorf("got spaces %d and %d, want the view in the input and the result in the arena", view.Mem.Space, y.Mem.Space)
	}
}

func TestViewsKeepTheirOperandAlive(t *testing.T) {
	f := fn(func(b *ir.Builder, x *ir.Value) []*ir.Value {
		y := b.One("softmax", op.Attrs{"axis": int64(1)}, x)
		v := b.One("reshape", op.Attrs{"shape": []op.Dim{{Size: sym.Symbol("N")}, {Size: sym.Const(2)}, {Size: sym.Const(4)}}}, y)
		z := b.One("softmax", op.Attrs{"axis": int64(1)}, x)
		return []*ir.Value{b.One("tanh", nil, z), v}
	})
	planned(t, f)
	if got, want := f.Memory.Arena.String(), sym.Symbol("N").Mul(sym.Const(128)).String(); got != want {
		t.Errorf("got an arena of %s bytes, want %s: two values, one of them under two shapes", got, want)
	}
}

// TestBroadcastOperandIsNotOverwritten: a region must not write its result over
// an operand that it reads in another order.
func TestBroadcastOperandIsNotOverwritten(t *testing.T) {
	f := fn(func(b *ir.Builder, x *ir.Value) []*ir.Value {
		y := b.One("softmax", op.Attrs{"axis": int64(1)}, x)
		row := b.One("reduce", op.Attrs{"kind": "sum", "axes": []int64{1}, "keep": true}, x)
		return []*ir.Value{b.One("sub", nil, row, y)}
	})
	planned(t, f)
	row, y := f.Instrs[1].Outs[0], f.Instrs[2].Outs[0]
	if row.Mem.Offset.Equal(y.Mem.Offset) {
		t.Errorf("got the result at %v over its broadcast operand, want another place", y.Mem.Offset)
	}
}

func TestFixedAndScaledRegions(t *testing.T) {
	f := fn(func(b *ir.Builder, x *ir.Value) []*ir.Value {
		s := b.One("reduce", op.Attrs{"kind": "sum", "axes": []int64{0}, "keep": false}, x) // f32[8]: 32 bytes
		y := b.One("softmax", op.Attrs{"axis": int64(1)}, x)
		return []*ir.Value{s, y}
	})
	planned(t, f)
	if got, want := f.Memory.Arena.String(), sym.Symbol("N").Mul(sym.Const(64)).Add(sym.Const(64)).String(); got != want {
		t.Errorf("got an arena of %s bytes, want %s", got, want)
	}
	if !f.Memory.Arena.Equal(f.Memory.Bound) {
		t.Errorf("got a bound of %v, want the arena %v", f.Memory.Bound, f.Memory.Arena)
	}
}

// TestSizesKnownAtRunTime plans values of two symbols, and of a square: their
// blocks are packed for each set of sizes, as tightly as constant ones.
func TestSizesKnownAtRunTime(t *testing.T) {
	h, n := sym.Symbol("H"), sym.Symbol("N")
	for _, row := range []struct {
		name  string
		dims  []sym.Expr
		envs  []map[string]int64
		bytes []int64 // of one value at each of envs, rounded to 64
	}{
		{"two symbols", []sym.Expr{n, h}, []map[string]int64{{"N": 1, "H": 1}, {"N": 3, "H": 100}, {"N": 100, "H": 3}}, []int64{64, 1216, 1216}},
		{"a square", []sym.Expr{n, n}, []map[string]int64{{"N": 1}, {"N": 5}, {"N": 32}}, []int64{64, 128, 4096}},
		{"a floor", []sym.Expr{n, h.FloorDiv(2)}, []map[string]int64{{"N": 2, "H": 7}, {"N": 32, "H": 2}}, []int64{64, 128}},
	} {
		f := &ir.Func{Name: "f"}
		x := f.AddInput("x", op.Tensor(tensor.F32, row.dims...))
		b := ir.NewBuilder(f)
		y := b.One("softmax", op.Attrs{"axis": int64(1)}, x)
		z := b.One("softmax", op.Attrs{"axis": int64(1)}, b.One("tanh", nil, y))
		f.Results = []ir.Result{{Name: "y", Value: b.One("add", nil, b.One("softmax", op.Attrs{"axis": int64(1)}, z), z)}}
		wrap(f)
		m := &ir.Module{Funcs: []*ir.Func{f}, Stage: ir.Scheduled}
		if _, err := Run(m, target.Default(target.AVX2)); err != nil {
			t.Fatal(err)
		}
		if err := ir.Verify(m); err != nil {
			t.Errorf("%s: %v", row.name, err)
		}
		for i, env := range row.envs {
			if err := Check(f, env, 64); err != nil {
				t.Errorf("%s: %v: %v", row.name, env, err)
			}
			l, err := f.At(env)
			if err != nil {
				t.Fatal(err)
			}
			if want := 2 * row.bytes[i]; l.Arena != want || l.Bound != want {
				t.Errorf("%s: %v: got an arena of %d bytes and a bound of %d, want %d: two values at a time", row.name, env, l.Arena, l.Bound, want)
			}
		}
		if _, err := f.At(map[string]int64{"H": 4}); err == nil {
			t.Errorf("%s: got a layout without N, want an error", row.name)
		}
		f.Memory.Blocks[1].First = f.Memory.Blocks[0].Last + 1 // as if they did not meet
		f.Memory.Blocks[1].Last += 5
		if ir.Verify(m) == nil {
			t.Errorf("%s: got no error from a plan with wrong lifetimes, want one", row.name)
		}
	}
}

func TestCheckBites(t *testing.T) {
	f := fn(func(b *ir.Builder, x *ir.Value) []*ir.Value {
		y := b.One("softmax", op.Attrs{"axis": int64(1)}, x)
		z := b.One("softmax", op.Attrs{"axis": int64(1)}, x)
		return []*ir.Value{y, z}
	})
	planned(t, f)
	f.Instrs[1].Outs[0].Mem.Offset = f.Instrs[0].Outs[0].Mem.Offset
	if err := Check(f, map[string]int64{"N": 2}, 64); err == nil || !strings.Contains(err.Error(), "overwritten") {
		t.Errorf("got %v, want the overwritten value", err)
	}
	f.Instrs[1].Outs[0].Mem.Offset = sym.Const(1 << 20)
	if err := Check(f, map[string]int64{"N": 2}, 64); err == nil || !strings.Contains(err.Error(), "inside an arena") {
		t.Errorf("got %v, want the value outside the arena", err)
	}
}

// TestSumWithItsWindowsIsNotInPlace: a convolution may store its result over what it adds,
// pixel by pixel, but not over the map whose windows it still reads.
func TestSumWithItsWindowsIsNotInPlace(t *testing.T) {
	conv := func(b *ir.Builder, x, residual *ir.Value) *ir.Value {
		w := b.One("param", op.Attrs{"name": "w", "shape": []op.Dim{{Size: sym.Const(8)}, {Size: sym.Const(8)}, {Size: sym.Const(3)}, {Size: sym.Const(3)}}})
		y := b.One("conv", op.Attrs{"pad": []int64{1, 1, 1, 1}}, x, w, nil, residual)
		y.Layout = ir.Blocked
		return y
	}
	for _, row := range []struct {
		name  string
		over  bool
		added func(x, y *ir.Value) *ir.Value
	}{
		{"another map", true, func(_, y *ir.Value) *ir.Value { return y }},
		{"its own", false, func(x, _ *ir.Value) *ir.Value { return x }},
	} {
		f := &ir.Func{Name: "f"}
		in := f.AddInput("x", op.Tensor(tensor.F32, sym.Symbol("N"), sym.Const(8), sym.Const(9), sym.Const(9)))
		b := ir.NewBuilder(f)
		y := conv(b, in, nil)
		x := conv(b, y, nil)
		z := conv(b, x, row.added(x, y))
		f.Results = []ir.Result{{Name: "z", Value: conv(b, z, nil)}}
		planned(t, f)
		if over := z.Mem.Offset.Equal(row.added(x, y).Mem.Offset); over != row.over {
			t.Errorf("%s: got a sum in place: %t, want %t", row.name, over, row.over)
		}
		if z.Mem.Offset = x.Mem.Offset; Check(f, map[string]int64{"N": 2}, 64) == nil {
			t.Errorf("%s: got no error from a result over its windows, want one", row.name)
		}
	}
}

// TestSlope bounds sizes that grow with a power of the batch by its largest value.
func TestSlope(t *testing.T) {
	n := sym.Symbol("N")
	bounded := sym.Facts{Max: map[string]int64{"N": 8}}
	for _, c := range []struct {
		e     sym.Expr
		facts sym.Facts
		want  int64
		ok    bool
	}{
		{n.Mul(sym.Const(4)).Add(sym.Const(3)), sym.Facts{}, 7, true},
		{n.Mul(n).Mul(sym.Const(4)), sym.Facts{}, 0, false},
		{n.Mul(n).Mul(sym.Const(4)), bounded, 32, true},
		{n.Mul(n).Mul(n).Add(n), bounded, 65, true},
		{n.Mul(n).Add(n.Mul(sym.Const(-2))), bounded, 8, true},
		{n.Mul(sym.Symbol("H")), bounded, 0, false},
	} {
		got, ok := slope(c.e, "N", c.facts)
		if ok != c.ok || ok && got != c.want {
			t.Errorf("%v: got %d, %t, want %d, %t", c.e, got, ok, c.want, c.ok)
		}
		for batch := int64(1); ok && batch <= 8; batch++ {
			if size, err := c.e.Eval(map[string]int64{"N": batch}); err != nil || size > got*batch {
				t.Errorf("%v: a batch of %d takes %d, above %d each", c.e, batch, size, got)
			}
		}
	}
}

// step is a training step of one weight w [6, 4]; build computes its gradient from w and
// reads what it likes after the update.
func step(build func(b *ir.Builder, w, x *ir.Value) *ir.Value, after func(b *ir.Builder, w *ir.Value) *ir.Value) *ir.Func {
	f := &ir.Func{Name: "f", Kind: ir.TrainStep}
	x := f.AddInput("x", op.Tensor(tensor.F32, sym.Symbol("N"), sym.Const(4)))
	lr := f.AddInput("lr", op.Tensor(tensor.F32))
	b := ir.NewBuilder(f)
	w := b.One("param", op.Attrs{"name": "w", "shape": op.Tensor(tensor.F32, sym.Const(6), sym.Const(4)).Dims})
	g := build(b, w, x)
	b.Emit("update", op.Attrs{"state": "w", "rule": "sgd"}, g, lr)
	f.Results = []ir.Result{{Name: "y", Value: after(b, w)}}
	return f
}

func rows(b *ir.Builder, w *ir.Value, from, to int64) *ir.Value {
	return b.One("slice", op.Attrs{"axis": int64(0), "start": from, "stop": to}, w)
}

// TestRowsOfWeightsStay: rows of a weight are read where they are, but for those that are
// read when the weight has changed; what is joined to its gradient is computed inside it.
func TestRowsOfWeightsStay(t *testing.T) {
	var early, late, upper, lower, whole *ir.Value
	f := step(func(b *ir.Builder, w, x *ir.Value) *ir.Value {
		early, late = rows(b, w, 2, 5), rows(b, w, 0, 1)
		y := b.One("matmul", op.Attrs{"trans_b": true}, x, early) // [N, 3]
		upper = b.One("matmul", op.Attrs{"trans_a": true}, y, x)
		lower = b.One("matmul", op.Attrs{"trans_a": true}, b.One("tanh", nil, y), x)
		whole = b.One("concat", op.Attrs{"axis": int64(0)}, upper, lower)
		return whole
	}, func(b *ir.Builder, _ *ir.Value) *ir.Value { return b.One("softmax", op.Attrs{"axis": int64(1)}, late) })
	planned(t, f)
	for _, row := range []struct {
		name   string
		v      *ir.Value
		space  ir.Space
		offset int64
	}{
		{"rows read before the update", early, ir.StateSpace, 2 * 4 * 4},
		{"the gradient", whole, ir.GradientSpace, 0},
		{"its upper part", upper, ir.GradientSpace, 0},
		{"its lower part", lower, ir.GradientSpace, 3 * 4 * 4},
	} {
		at, _ := row.v.Mem.Offset.IsConst()
		if row.v.Mem.Space != row.space || at != row.offset {
			t.Errorf("%s: got space %d at %v, want %d at %d", row.name, row.v.Mem.Space, row.v.Mem.Offset, row.space, row.offset)
		}
	}
	if late.Mem.Space != ir.ArenaSpace {
		t.Errorf("rows read after the update: got space %d, want a copy in the arena", late.Mem.Space)
	}
}
