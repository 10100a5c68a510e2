package gogen

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/netc-lang/netc/ir"
	"github.com/netc-lang/netc/ir/op"
	"github.com/netc-lang/netc/ir/target"
	"github.com/netc-lang/netc/passes/passtest"
	"github.com/netc-lang/netc/runtime/tensor"
)

// mapsNet has what images in blocks of channels go through: a stem, residual sums,
// squeeze-and-excite, branches that meet in one map at channels that begin a block
// and at others, pools with halos on both sides, transposed convolution, enlargement,
// and ways out of the layout in between.
func mapsNet() *ir.Module {
	d := newDesign("maps")
	d.fn("Maps.infer", "Maps", ir.Infer)
	image := d.f.AddInput("image", typ(tensor.F32, "N", 3, 14, 13))
	one := func(stage, name string, a op.Attrs, args ...*ir.Value) *ir.Value {
		d.stage(stage)
		return d.one(name, a, args...)
	}
	x := one("stem", "relu", nil, d.norm("bn", d.conv("stem", image, 8, 3, 2, 1)))

	// Squeeze and excite, over 12 channels: the last block is half empty.
	wide := one("wide", "silu", nil, d.conv("wide", x, 12, 1, 1, 0))
	gate := one("mean", "reduce", op.Attrs{"kind": "mean", "axes": []int64{2, 3}, "keep": true}, wide)
	gate = one("gate", "sigmoid", nil, d.conv("gate", one("squeeze", "relu", nil, d.conv("squeeze", gate, 4, 1, 1, 0)), 12, 1, 1, 0))
	wide = one("excite", "mul", nil, wide, gate)
	x = one("narrow", "add", nil, d.conv("narrow", wide, 8, 1, 1, 0), x)
	x = one("shift", "exp", nil, one("shift", "tanh", nil, one("shift", "add", nil, x, d.channelParam("shift", 8))))

	// Branches: 8 and 16 channels in place, 5 at the end; the whole again beside 3.
	a := one("left", "relu", nil, d.conv("left", x, 8, 1, 1, 0))
	b := one("right", "clamp", op.Attrs{"lo": 0.0, "hi": 6.0}, d.conv("right", x, 16, 3, 1, 1))
	c := d.conv("third", x, 5, 5, 1, 2)
	joined := one("join", "concat", op.Attrs{"axis": int64(1)}, a, b, c)
	odd := one("odd", "concat", op.Attrs{"axis": int64(1)}, c, joined, a)
	d.result("odd", odd)
	x = d.conv("merge", odd, 16, 3, 1, 1)
	d.stage("maxpool")
	low := d.b.Emit("maxpool", op.Attrs{"kernel": []int64{3, 3}, "stride": []int64{2, 2}, "pad": []int64{1, 1, 1, 1}}, x)[0]
	low = one("depthwise", "conv", op.Attrs{"groups": int64(16), "pad": []int64{2, 2, 2, 2}, "dilation": []int64{2, 2}}, low, d.param("depthwise.weight", 16, 1, 3, 3))
	low = one("grouped", "conv", op.Attrs{"groups": int64(2), "pad": []int64{1, 1, 1, 1}}, low, d.param("grouped.weight", 24, 8, 3, 3))
	low = one("avgpool", "avgpool", op.Attrs{"kernel": []int64{2, 2}, "stride": []int64{1, 1}, "pad": []int64{1, 1, 0, 0}, "count_pad": false}, low)
	up := one("up", "conv_dx", op.Attrs{"stride": []int64{2, 2}, "shape": dims("N", 10, 8, 8)}, low, d.param("up.weight", 24, 10, 2, 2))
	big := one("enlarge", "resize", op.Attrs{"scale": []int64{2, 2}, "mode": "bilinear"}, low)
	both := one("both", "concat", op.Attrs{"axis": int64(1)}, up, big)
	d.result("both", d.conv("last", both, 3, 3, 1, 1))
	turned := one("turn", "transpose", op.Attrs{"perm": []int64{0, 1, 3, 2}}, both)
	d.result("turned", d.conv("after", one("back", "add", nil, both, turned), 2, 3, 2, 0))
	d.result("mean", one("global", "reduce", op.Attrs{"kind": "mean", "axes": []int64{2, 3}}, x))
	return d.m
}

// TestInferOnMaps is TestInfer for nets whose images lie in blocks of channels.
func TestInferOnMaps(t *testing.T) {
	if testing.Short() {
		t.Skip("builds programs")
	}
	w := newWorkspace(t)
	modules := map[string]*ir.Module{"maps": mapsNet(), "mapsslow": mapsNet(), "resnet": resnet(), "fixed": fixed(), "lenet": lenet()}
	for seed := range uint64(8) {
		m := passtest.Random(100+seed, ir.Infer)
		m.Funcs[0].Name = "Net.infer"
		modules[fmt.Sprintf("random%d", seed)] = m
	}
	names := slices.Sorted(maps.Keys(modules))
	funcs := map[string]*ir.Func{}
	for _, name := range names {
		m := modules[name]
		funcs[name] = m.Funcs[0]
		var disable []string
		if name == "mapsslow" {
			disable = optional()
		}
		file := encode(t, m, randomStates(m))
		files, err := Package(planWith(t, m, target.OnlyBlocked, disable...), Options{Package: name, Name: name, Version: "v0.0.0", Weights: file})
		if err != nil {
			t.Fatal(err)
		}
		w.write("files/"+name+".safetensors", file)
		w.add(name, files)
	}
	w.write("cmd/infer/main.go", inferMain(names, funcs))
	w.run(nil, "vet", "./maps")
	program := w.build("./cmd/infer")
	for _, isa := range []string{"avx512", "avx2", "generic", "avx2 WEIGHTS=files"} {
		isa, folder, _ := strings.Cut(isa, " ") // packed when it was compiled, or when it is loaded
		got := decode[map[string]map[string][]float64](t, w.exec([]string{"NETC_ISA=" + isa, folder}, program, "1", "3"))
		for _, name := range names {
			for _, n := range []int{1, 3} {
				compareNet(t, fmt.Sprint(name, " ", isa, " ", folder, " batch ", n), modules[name], n, got[fmt.Sprint(name, " ", n)])
			}
		}
	}
}
