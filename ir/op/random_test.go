package op

import (
	"hash/fnv"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/netc-lang/netc/ir/sym"
	"github.com/netc-lang/netc/runtime/tensor"
)

// anySize draws a size: mostly small, sometimes symbolic, absurd or overflown.
func anySize(r *rand.Rand) sym.Expr {
	n, h := sym.Symbol("N"), sym.Symbol("H")
	switch r.IntN(16) {
	case 0, 1:
		return n
	case 2:
		return h.FloorDiv(2)
	case 3:
		return h.Add(sym.Const(r.Int64N(5) - 2))
	case 4:
		return sym.Min(n, h)
	case 5:
		return sym.Const(0)
	case 6:
		return sym.Const(1)
	case 7:
		if r.IntN(4) == 0 {
			return sym.Const([]int64{-3, math.MaxInt64, math.MinInt64, 1 << 40}[r.IntN(4)])
		}
		return sym.Const(math.MaxInt64).Mul(sym.Const(int64(1 + r.IntN(2)))) // also an overflow
	}
	return sym.Const(1 + r.Int64N(8))
}

func anyDims(r *rand.Rand) []Dim {
	var out []Dim
	n := r.IntN(6)
	if r.IntN(2) == 0 {
		n = 4 // images are what most rules want
	}
	for range n {
		out = append(out, Dim{Size: anySize(r), Set: []string{"", "", "RGB", "BGR"}[r.IntN(4)]})
	}
	return out
}

func anyType(r *rand.Rand) Type {
	d := tensor.F32
	if r.IntN(3) == 0 {
		d = tensor.DType(r.IntN(12)) // also invalid ones
	}
	return Type{DType: d, Dims: anyDims(r)}
}

func anyInt(r *rand.Rand) int64 {
	if r.IntN(12) == 0 {
		return []int64{math.MaxInt64, math.MinInt64, math.MaxInt64 - 1, 1 << 31, -1 << 40, 1 << 24}[r.IntN(6)]
	}
	return r.Int64N(9) - 2
}

// anyAttr draws a value of kind k, or of any other kind.
func anyAttr(r *rand.Rand, name string, k Kind) any {
	if r.IntN(30) == 0 {
		k = Kind(r.IntN(9))
	}
	switch k {
	case KindInt:
		return anyInt(r)
	case KindInts:
		v := make([]int64, r.IntN(6))
		if r.IntN(3) > 0 { // as a rule would have it
			n, small := map[string]int{"pad": 4, "lo": 4, "hi": 4, "perm": 4}[name], name != "pad"
			v = make([]int64, max(n, 2))
			for i := range v {
				if v[i] = r.Int64N(3); small && n == 0 {
					v[i]++
				}
			}
			return v
		}
		for i := range v {
			v[i] = anyInt(r)
		}
		return v
	case KindFloat:
		return []float64{0, 0.5, 1, -1, math.NaN(), math.Inf(1), 1e308}[r.IntN(7)]
	case KindFloats:
		return make([]float64, r.IntN(4))
	case KindBool:
		return r.IntN(2) == 0
	case KindString:
		return []string{"", "sum", "max", "f32", "i32", "nearest", "bilinear", "none", "relu", "clamp", "sgd", "adam", "uniform", "w"}[r.IntN(14)]
	case KindStrings:
		return []string{"a"}
	case KindDims:
		return anyDims(r)
	}
	return nil
}

// TestInferNeverPanics gives every operation operands and attributes that no
// checker would let through. What is accepted must be well formed.
func TestInferNeverPanics(t *testing.T) {
	rounds := 3000
	accepted := map[string]int{}
	for _, d := range All() {
		name := fnv.New64() // so that a new operation leaves the others their cases
		name.Write([]byte(d.Name))
		r := rand.New(rand.NewPCG(name.Sum64(), 7))
		for round := range rounds {
			in := make([]Type, r.IntN(len(d.Args)+2))
			same := anyType(r)
			if r.IntN(8) == 0 {
				same = Type{DType: tensor.I64}
			}
			for j := range in {
				if in[j] = same; r.IntN(2) == 0 {
					in[j] = anyType(r)
				}
				if r.IntN(12) == 0 {
					in[j] = Type{}
				}
			}
			a := Attrs{}
			for _, s := range d.Attrs {
				if v := anyAttr(r, s.Name, s.Kind); v != nil && (s.Default == nil || r.IntN(2) == 0) {
					a[s.Name] = v
				}
				if s.Kind == KindDims && r.IntN(2) == 0 {
					a[s.Name] = same.Dims
				}
			}
			if r.IntN(2) == 0 {
				full, err := Normalize(d, a)
				if err != nil {
					continue
				}
				a = full
			}
			func() {
				defer func() {
					if p := recover(); p != nil {
						t.Fatalf("%s, round %d: Infer(%s, %v) panics: %v", d.Name, round, printTypes(in), a, p)
					}
				}()
				out, err := Infer(d, in, a)
				if err != nil {
					return
				}
				accepted[d.Name]++
				checkResults(t, d, in, out, a)
			}()
		}
	}
	for _, d := range All() {
		if accepted[d.Name] == 0 && len(d.Args) < 2 && d.Infer != nil {
			t.Errorf("%s accepted none of %d uses: the test sees too little", d.Name, rounds)
		}
	}
}

func checkResults(t *testing.T, d *Def, in, out []Type, a Attrs) {
	t.Helper()
	if len(out) != d.Results {
		t.Errorf("%s gives %d results, want %d", d.Name, len(out), d.Results)
	}
	for _, o := range out {
		if o.DType == tensor.Invalid {
			t.Errorf("%s(%s)%v gives %v", d.Name, printTypes(in), a, o)
		}
	}
	if d.Cost == nil {
		return
	}
	padded := append(in[:len(in):len(in)], make([]Type, max(0, len(d.Args)-len(in)))...)
	c := d.Cost(padded, out, a)
	for what, e := range map[string]sym.Expr{"MACs": c.MACs, "FLOPs": c.FLOPs, "bytes": c.Bytes} {
		if v, err := e.Eval(map[string]int64{"N": 3, "H": 8}); err == nil && v < 0 && positive(in) && positive(out) {
			t.Errorf("%s(%s)%v -> %s costs %d %s", d.Name, printTypes(in), a, printTypes(out), v, what)
		}
	}
}

func positive(ts []Type) bool {
	for _, t := range ts {
		for _, d := range t.Dims {
			if v, err := d.Size.Eval(map[string]int64{"N": 3, "H": 8}); err != nil || v < 0 {
				return false
			}
		}
	}
	return true
}

func TestCost(t *testing.T) {
	pad := Attrs{"pad": ints64{2, 2, 2, 2}}
	for _, row := range []struct {
		op, in              string
		attrs               Attrs
		macs, flops, nbytes string
	}{
		{"relu", "f32[N, 3]", nil, "0", "3*N", "24*N"},
		{"add", "f32[N, 3]; f32[3]", nil, "0", "3*N", "24*N + 12"},
		// LeNet's first convolution: 6*28*28*25 products an image
		{"conv", "f32[N, Gray:1, 28, 28]; f32[6, 1, 5, 5]; f32[6]", pad, "117600*N", "235200*N", "21952*N + 624"},
		{"conv", "f32[1, 32, 14, 14]; f32[32, 1, 3, 3]", Attrs{"groups": int64(32), "pad": ints64{1, 1, 1, 1}}, "56448", "112896", "51328"},
		{"conv_dx", "f32[N, 6, 28, 28]; f32[6, 1, 5, 5]", Attrs{"pad": ints64{2, 2, 2, 2}, "shape": dims(t, "N, 1, 28, 28")}, "117600*N", "235200*N", "21952*N + 600"},
		{"matmul", "f32[N, 400]; f32[120, 400]", Attrs{"trans_b": true}, "48000*N", "96000*N", "2080*N + 192000"},
		{"matmul", "f32[N, T, 8]; f32[N, T, 8]", Attrs{"trans_b": true}, "8*N*T*T", "16*N*T*T", "4*N*T*T + 64*N*T"},
		{"reduce", "f32[N, 10]", Attrs{"axes": ints64{1}}, "0", "10*N", "44*N"},
		{"maxpool", "f32[N, 1, 4, 4]", Attrs{"kernel": ints64{2, 2}, "stride": ints64{2, 2}}, "0", "16*N", "84*N"},
		{"update", "f32[3]; f32", Attrs{"state": "w", "rule": "sgd", "momentum": 0.9}, "0", "18", "60"},
		{"update", "f32[3]", Attrs{"state": "w"}, "0", "0", "24"},
		{"update", "f32[3]; f32", Attrs{"state": "w", "rule": "adamw"}, "0", "42", "84"},
		{"update", "f32[3]; f32", Attrs{"state": "w", "rule": "rmsprop", "momentum": 0.9}, "0", "33", "84"},
	} {
		d := Lookup(row.op)
		a, err := Normalize(d, row.attrs)
		if err != nil {
			t.Fatal(err)
		}
		in := parseTypes(t, row.in)
		out, err := Infer(d, in, a)
		if err != nil {
			t.Errorf("%s(%s): %v", row.op, row.in, err)
			continue
		}
		c := d.Cost(in, out, a)
		if got, want := [3]string{c.MACs.String(), c.FLOPs.String(), c.Bytes.String()}, [3]string{row.macs, row.flops, row.nbytes}; got != want {
			t.Errorf("%s(%s) costs %v MACs, FLOPs, bytes, want %v", row.op, row.in, got, want)
		}
	}
}
