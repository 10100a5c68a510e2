package gogen

import (
	"fmt"
	"strings"
	"testing"

	"github.com/netc-lang/netc/ir"
	"github.com/netc-lang/netc/ir/eval"
	"github.com/netc-lang/netc/ir/op"
	"github.com/netc-lang/netc/ir/sym"
	"github.com/netc-lang/netc/runtime/tensor"
)

// up is a transposed convolution by 2 to f32[N, out, h, w], with a bias.
func (d *design) up(name string, x *ir.Value, out int, h, w sym.Expr) *ir.Value {
	d.stage(name)
	c, _ := x.Type.Dims[1].Size.IsConst()
	shape := []op.Dim{x.Type.Dims[0], {Size: sym.Const(int64(out))}, {Size: h}, {Size: w}}
	y := d.one("conv_dx", op.Attrs{"stride": []int64{2, 2}, "shape": shape}, x, d.param(name+".weight", int(c), out, 2, 2))
	return d.one("add", nil, y, d.channelParam(name+".bias", out))
}

// unetBody is a U-Net of two levels for pictures of any multiple of 4.
func (d *design) unetBody(x *ir.Value) *ir.Value {
	double := func(name string, x *ir.Value, out int) *ir.Value {
		x = d.one("relu", nil, d.norm(name+".bn", d.conv(name+".conv", x, out, 3, 1, 1)))
		return d.one("relu", nil, d.conv(name+".conv_2", x, out, 3, 1, 1))
	}
	var skips []*ir.Value
	for i, c := range []int{5, 8} {
		x = double(fmt.Sprintf("down[%d]", i), x, c)
		skips = append(skips, x)
		x = d.pool("maxpool", fmt.Sprintf("maxpool[%d]", i), x, 2)
	}
	x = double("bottom", x, 12)
	for i, c := range []int{8, 5} {
		skip := skips[1-i]
		x = d.up(fmt.Sprintf("up[%d]", i), x, c, skip.Type.Dims[2].Size, skip.Type.Dims[3].Size)
		x = double(fmt.Sprintf("up[%d].double", i), d.one("concat", op.Attrs{"axis": int64(1)}, x, skip), c)
	}
	return d.conv("head", x, 3, 1, 1, 0)
}

func unet() *ir.Module {
	d := newDesign("unet")
	d.m.Sets = []*ir.IndexSet{{Name: "Tissue", Labels: []string{"background", "nucleus", "border"}}}
	image := typ(tensor.F32, "N", op.Dim{Size: sym.Const(1), Set: "Gray"}, "H", "W")
	facts := sym.Facts{Divides: map[string]int64{"H": 4, "W": 4}, Min: map[string]int64{"N": 1}, Max: map[string]int64{"N": 64}}
	d.fn("UNet.infer", "UNet", ir.Infer)
	d.f.Facts = facts
	d.result("mask", d.unetBody(d.f.AddInput("image", image)))
	d.fn("UNet.predict", "UNet", ir.PredictFunc)
	d.f.Facts = facts
	y := d.unetBody(d.normalise(d.f.AddInput("image", image)))
	d.result("tissue", d.one("argreduce", op.Attrs{"kind": "max", "axis": int64(1)}, y))
	d.result("share", d.one("reduce", op.Attrs{"kind": "mean", "axes": []int64{2, 3}}, d.one("softmax", op.Attrs{"axis": int64(1)}, y)))
	d.result("sure", d.one("reduce", op.Attrs{"kind": "max", "axes": []int64{1}}, y))
	d.m.Predicts = []*ir.Predict{{Net: "UNet", Line: 9, Func: "UNet.predict", Outputs: []ir.PredictOutput{
		{Name: "tissue", Set: "Tissue"}, {Name: "share"}, {Name: "sure"},
	}}}
	return d.m
}

// valid has windows without padding, so that small pictures leave nothing, symbols
// whose names generated code uses itself, no batch, and results of several shapes.
func valid() *ir.Module {
	d := newDesign("valid")
	d.fn("Valid.infer", "Valid", ir.Infer)
	d.f.Facts = sym.Facts{Max: map[string]int64{"K": 100}}
	x := d.f.AddInput("x", typ(tensor.F32, 1, 2, "K", "Batch"))
	x = d.conv("conv", x, 3, 5, 2, 0)
	x = d.pool("avgpool", "avgpool", x, 2)
	d.result("map", x)
	d.stage("tail")
	d.result("lines", d.b.Emit("norm", op.Attrs{"axes": []int64{3}}, x)[0])
	d.result("nearest", d.one("resize", op.Attrs{"scale": []int64{2, 3}, "mode": "nearest"}, x))
	d.result("last", d.one("slice", op.Attrs{"axis": int64(1), "start": int64(1), "stop": int64(3), "step": int64(1)}, x))
	d.result("turned", d.one("transpose", op.Attrs{"perm": []int64{0, 2, 3, 1}}, x))
	d.result("mean", d.one("reduce", op.Attrs{"kind": "mean", "axes": []int64{0, 1, 2, 3}}, x))
	return d.m
}

// band has pictures of one run-time size alone, their height, which is no batch.
func band() *ir.Module {
	d := newDesign("band")
	d.fn("Band.infer", "Band", ir.Infer)
	d.f.Facts = sym.Facts{Max: map[string]int64{"H": 90}}
	x := d.conv("conv", d.f.AddInput("x", typ(tensor.F32, 1, 2, "H", 12)), 12, 3, 2, 1)
	d.result("map", d.pool("avgpool", "avgpool", x, 2))
	return d.m
}

// square has no picture: its similarities grow with the square of the batch.
func square() *ir.Module {
	d := newDesign("square")
	d.fn("Square.infer", "Square", ir.Infer)
	x := d.f.AddInput("x", typ(tensor.F32, "N", 6))
	x = d.dense("fc", x, 4)
	d.result("alike", d.one("matmul", op.Attrs{"trans_b": true}, x, x))
	return d.m
}

const lateProgram = `package main

import (
	"context"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"os"
	"runtime/debug"
	"slices"
	"sync"
	"testing"

	"example.com/user/band"
	"example.com/user/square"
	"example.com/user/unet"
	"example.com/user/valid"
	"github.com/netc-lang/netc/runtime/tensor"
)

type results struct {
	Values map[string][]float32
	Errors []string
	Allocs float64
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}

func fill(x []float32) {
	for i := range x {
		x[i] = tensor.Uniform(1, 0, uint64(i))*2 - 1
	}
}

// runs is how often Run is counted. The count is the whole program's: parked
// threads of the pool take a few words of the scheduler now and then, which an
// average over this many runs rounds away, while one allocation a run stays one.
const runs = 15

func main() {
	r := results{Values: map[string][]float32{}}
	fails := func(err error) {
		if err == nil {
			panic("no error")
		}
		r.Errors = append(r.Errors, err.Error())
	}
	debug.SetGCPercent(-1) // the collector allocates for itself
	u, err := unet.New()
	check(err)
	var sessions []*unet.UNetSession
	sizes := [][3]int{{1, 4, 4}, {3, 12, 20}, {1, 36, 8}, {2, 60, 52}, {9, 8, 8}}
	for _, z := range sizes {
		s, err := u.NewSession(z[0], z[1], z[2])
		check(err)
		fill(s.Image())
		sessions = append(sessions, s)
	}
	r.Allocs = testing.AllocsPerRun(runs, func() {
		for _, s := range sessions { // sizes alternate
			check(s.Run())
		}
	})
	for i, s := range sessions {
		r.Values[fmt.Sprint("unet ", sizes[i])] = s.Mask()
	}
	for _, z := range [][3]int{{1, 500, 382}, {1, 6, 4}, {65, 4, 4}, {1, 0, 4}, {0, 4, 4}, {64, 65536, 65536}} {
		_, err := u.NewSession(z[0], z[1], z[2])
		fails(err)
	}
	v, err := valid.New()
	check(err)
	for _, z := range [][2]int{{7, 7}, {20, 9}, {11, 32}} {
		s, err := v.NewSession(z[0], z[1])
		check(err)
		fill(s.X())
		r.Allocs += testing.AllocsPerRun(runs, func() { check(s.Run()) })
		at := fmt.Sprint("valid ", z, " ")
		r.Values[at+"map"], r.Values[at+"lines"], r.Values[at+"nearest"] = s.Map(), s.Lines(), s.Nearest()
		r.Values[at+"last"], r.Values[at+"turned"], r.Values[at+"mean"] = s.Last(), s.Turned(), []float32{s.Mean()}
		s.Close()
	}
	for _, z := range [][2]int{{6, 7}, {7, 1}, {101, 7}} {
		_, err := v.NewSession(z[0], z[1])
		fails(err)
	}
	for _, h := range []int{9, 90, 31} {
		m, err := band.New()
		check(err)
		s, err := m.NewSession(h)
		check(err)
		fill(s.X())
		r.Allocs += testing.AllocsPerRun(runs, func() { check(s.Run()) })
		r.Values[fmt.Sprint("band ", h)] = s.Map()
		s.Close()
	}
	q, err := square.New()
	check(err)
	for _, n := range []int{1, 7} {
		s, err := q.NewSession(n)
		check(err)
		fill(s.X())
		r.Allocs += testing.AllocsPerRun(runs, func() { check(s.Run()) })
		r.Values[fmt.Sprint("square ", n)] = s.Alike()
	}
	predict(u, fails)
	json.NewEncoder(os.Stdout).Encode(r)
}

func picture(h, w int) image.Image {
	p := image.NewGray(image.Rect(0, 0, w, h))
	for i := range h * w {
		p.Set(i%w, i/w, color.Gray{uint8(255 * tensor.Uniform(4, 0, uint64(i)))})
	}
	return p
}

// predict asserts that pictures of two sizes in turn, and at the same time, are what
// each is alone, and that a wrong size does not disturb the others.
func predict(u *unet.UNet, fails func(error)) {
	ctx := context.Background()
	a, b := picture(8, 12), picture(20, 16)
	first, err := u.Predict(ctx, a)
	check(err)
	second, err := u.Predict(ctx, b)
	check(err)
	if !slices.Equal(first.Tissue.Shape, []int{8, 12}) || len(second.Tissue.Values) != 320 || first.Sure.At(7, 11) != first.Sure.Values[95] {
		panic("wrong shapes")
	}
	same := func(p, want unet.UNetPrediction) {
		if !slices.Equal(p.Tissue.Values, want.Tissue.Values) || !slices.Equal(p.Sure.Values, want.Sure.Values) || p.Share != want.Share {
			panic("another prediction")
		}
	}
	var wait sync.WaitGroup
	for range 4 {
		wait.Go(func() {
			for range 5 {
				p, err := u.Predict(ctx, a)
				check(err)
				same(p, first)
				p, err = u.Predict(ctx, b)
				check(err)
				same(p, second)
			}
		})
	}
	wait.Wait()
	k := 0
	for p, err := range u.PredictAll(ctx, slices.Values([]image.Image{a, picture(10, 12), b})) {
		switch k {
		case 0:
			check(err)
			same(p, first)
		case 1:
			fails(err)
		case 2:
			check(err)
			same(p, second)
		}
		k++
	}
	if k != 3 {
		panic("pictures are missing")
	}
	for h := 4; h <= 80; h += 4 { // more sizes than are kept
		_, err := u.Predict(ctx, picture(h, 8))
		check(err)
	}
}
`

// TestSizesKnownAtRunTime compiles nets whose sizes are known at run time only and
// compares their sessions with the naive evaluator, at sizes at the borders of what
// the where-clauses allow and between; sizes that they exclude are refused with what
// was found and what is wanted.
func TestSizesKnownAtRunTime(t *testing.T) {
	if testing.Short() {
		t.Skip("builds programs")
	}
	w := newWorkspace(t)
	modules := map[string]*ir.Module{"unet": unet(), "valid": valid(), "square": square(), "band": band()}
	for name, m := range modules {
		files, err := Package(plan(t, m), Options{Package: name, Name: name, Version: "v0.0.0", Weights: encode(t, m, randomStates(m))})
		if err != nil {
			t.Fatal(err)
		}
		w.add(name, files)
	}
	w.write("cmd/late/main.go", []byte(lateProgram))
	w.run(nil, "vet", "./...")
	w.run(nil, "test", "./unet", "./valid", "./square", "./band")
	program := w.build("./cmd/late")
	for _, env := range [][]string{nil, {"NETC_ISA=generic"}} {
		got := decode[struct {
			Values map[string][]float64
			Errors []string
			Allocs float64
		}](t, w.exec(env, program))
		if got.Allocs != 0 {
			t.Errorf("%v: got %v allocations of Run, want 0", env, got.Allocs)
		}
		seen := 0
		for _, z := range [][]int{{1, 4, 4}, {3, 12, 20}, {1, 36, 8}, {2, 60, 52}, {9, 8, 8}} {
			want := evaluateLate(t, modules["unet"], z[0], 1, z[1], z[2])
			compare(t, fmt.Sprint("unet ", z), got.Values[fmt.Sprint("unet ", z)], want["mask"], 1e-4)
			seen++
		}
		for _, z := range [][]int{{7, 7}, {20, 9}, {11, 32}} {
			for name, v := range evaluateLate(t, modules["valid"], 1, 2, z[0], z[1]) {
				at := fmt.Sprint("valid ", z, " ", name)
				compare(t, at, got.Values[at], v, 1e-4)
				seen++
			}
		}
		for _, h := range []int{9, 90, 31} {
			compare(t, fmt.Sprint("band ", h), got.Values[fmt.Sprint("band ", h)], evaluateLate(t, modules["band"], 1, 2, h, 12)["map"], 1e-4)
			seen++
		}
		for _, n := range []int{1, 7} {
			compare(t, fmt.Sprint("square ", n), got.Values[fmt.Sprint("square ", n)], evaluateLate(t, modules["square"], n, 6)["alike"], 1e-4)
			seen++
		}
		if seen != len(got.Values) {
			t.Errorf("got %d results, want %d", len(got.Values), seen)
		}
		for i, want := range []string{
			"unet: found N = 1, H = 500, W = 382; expected W % 4 == 0, such as 380 or 384",
			"expected H % 4 == 0, such as 4 or 8", "expected N from 1 to 64", "expected H from 4 to 65536", "expected N from 1 to 64", "more than any memory",
			"valid: found K = 6, Batch = 7: too small, avgpool (valid.net:2:5) would give an axis of 0", "too small, conv", "expected K from 1 to 100",
			"unet: a picture of 12 by 10 pixels: found N = 1, H = 10, W = 12; expected H % 4 == 0, such as 8 or 12",
		} {
			if i >= len(got.Errors) || !strings.Contains(got.Errors[i], want) {
				t.Errorf("error %d: got %q, want %q", i, got.Errors[min(i, len(got.Errors)-1)], want)
			}
		}
	}
}

// evaluateLate runs the first function of m on an input of the shape.
func evaluateLate(t *testing.T, m *ir.Module, shape ...int) map[string]*eval.Tensor {
	t.Helper()
	x := eval.New(tensor.F32, shape...)
	for i := range x.F {
		x.F[i] = float64(tensor.Uniform(1, 0, uint64(i))*2 - 1)
	}
	f := m.Funcs[0]
	want, err := eval.Run(f, map[string]*eval.Tensor{f.Inputs[0].Name: x}, &eval.Env{States: randomStates(m)})
	if err != nil {
		t.Fatal(err)
	}
	return want
}

// TestSizeText writes sizes as Go, with the rounding of the source.
func TestSizeText(t *testing.T) {
	n := &sizeNames{names: map[string]string{"N": "n", "H": "h", "W": "w", "Z": "z"}, facts: sym.Facts{Min: map[string]int64{"Z": -4}}}
	h, w := sym.Symbol("H"), sym.Symbol("W")
	for _, row := range []struct {
		e    sym.Expr
		want string
	}{
		{sym.Const(0), "0"}, {sym.Const(-3), "-3"}, {h, "h"}, {h.FloorDiv(4), "h/4"},
		{h.Mul(w).Mul(sym.Const(3)).Sub(h).Add(sym.Const(2)), "3*h*w - h + 2"},
		{h.FloorDiv(2).Mul(w.FloorDiv(2)).Mul(sym.Const(8)), "8*(h/2)*(w/2)"},
		{h.Add(sym.Const(1)).FloorDiv(2), "(h + 1)/2"},
		{h.Sub(sym.Const(5)).FloorDiv(2).Mul(w), "w*((h + 1)/2) - 3*w"},
		{sym.Symbol("Z").FloorDiv(3), "nrt.FloorDiv(z, 3)"},
		{sym.Max(h, w), "max(h, w)"},
	} {
		if got := n.text(row.e); got != row.want {
			t.Errorf("%v: got %s, want %s", row.e, got, row.want)
		}
	}
}

// TestLateRefusals: what cannot be compiled is said with its place in the source.
func TestLateRefusals(t *testing.T) {
	for _, row := range []struct {
		name  string
		build func(d *design)
		want  string
	}{
		{"a picture size from two symbols", func(d *design) {
			x := d.f.AddInput("x", op.Type{DType: tensor.F32, Dims: []op.Dim{{Size: sym.Symbol("N")}, {Size: sym.Const(3)}, {Size: sym.Symbol("H").Add(sym.Symbol("W"))}, {Size: sym.Symbol("W")}}})
			d.result("y", d.one("relu", nil, x))
			d.m.Predicts = []*ir.Predict{{Net: "Net", Func: "Net.predict", Outputs: []ir.PredictOutput{{Name: "y"}}}}
			d.fn("Net.predict", "Net", ir.PredictFunc)
			d.result("y", d.one("relu", nil, d.f.AddInput("x", x.Type)))
		}, "height and width are numbers or names"},
		{"a clause that nothing meets", func(d *design) {
			d.f.Facts = sym.Facts{Max: map[string]int64{"H": 3}}
			x := d.f.AddInput("x", typ(tensor.F32, "N", 1, "H", "W"))
			d.result("y", d.conv("conv", x, 1, 5, 1, 0))
		}, "leave no sizes"},
	} {
		d := newDesign("net")
		d.fn("Net.infer", "Net", ir.Infer)
		row.build(d)
		_, err := Package(plan(t, d.m), Options{Package: "net", Name: "net", Version: "v0.0.0"})
		if err == nil || !strings.Contains(err.Error(), row.want) {
			t.Errorf("%s: got %v, want %q", row.name, err, row.want)
		}
	}
}
