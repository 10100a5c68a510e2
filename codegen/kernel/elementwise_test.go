package kernel

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/pass"
	"github.com/mmcloughlin/avo/printer"
	"golang.org/x/sys/cpu"
)

const f32 = "float32"

func vec(n int) []Operand {
	in := make([]Operand, n)
	for i := range in {
		in[i] = Operand{Vector, f32}
	}
	return in
}

func step(op string, args ...int) Step { return Step{Op: op, Args: args, Type: f32} }

func unary(op string, params ...float64) Region {
	return Region{In: vec(1), Steps: []Step{{Op: op, Args: []int{0}, Params: params, Type: f32}}, Out: []int{1}}
}

// ulpCases state the bound of each op against its twin, which rounds a float64
// result once, over the arguments of [lo, hi] and their negatives where lo < 0.
var ulpCases = []struct {
	name   string
	region Region
	lo, hi float32
	ulp    int
	abs    float64 // an absolute error that is fine as well
}{
	{"exp", unary("exp"), -87.3, 88.7, 1, 0},
	{"expAll", unary("exp"), -200, 200, 1, 1e-44},
	{"log", unary("log"), 0, 3.4e38, 1, 0},
	{"tanh", unary("tanh"), -30, 30, 4, 0},
	{"sigmoid", unary("sigmoid"), -87, 100, 2, 0},
	{"sigmoidAll", unary("sigmoid"), -3e38, 3e38, 2, 1e-38},
	{"silu", unary("silu"), -86, 1e30, 3, 0},
	{"siluAll", unary("silu"), -3e38, 3e38, 3, 1e-35},
	{"geluTanh", unary("gelu", 1), -4, 3e38, 20, 0},
	{"geluTanhAll", unary("gelu", 1), -3e38, 3e38, 8, 3e-8},
	{"geluExact", unary("gelu", 0), -4, 3e38, 8, 0},
	{"geluExactFar", unary("gelu", 0), -5.5, 3e38, 16, 0},
	{"geluExactAll", unary("gelu", 0), -3e38, 3e38, 4, 3e-8},
	{"erf", unary("erf"), -3e38, 3e38, 6, 0},
	{"elu", unary("elu", 0.7), -3e38, 3e38, 3, 0},
	{"softplus", unary("softplus"), -86, 3e38, 3, 0},
	{"mish", unary("mish"), -86, 3e38, 4, 0},
	{"hardswish", unary("hardswish"), -3e37, 3e37, 1, 0},
	{"hardsigmoid", unary("hardsigmoid"), -3e38, 3e38, 0, 0},
	{"rsqrt", unary("rsqrt"), 0, 3.4e38, 1, 0},
	{"sqrt", unary("sqrt"), 0, 3.4e38, 0, 0},
	{"recip", unary("recip"), -3e38, 3e38, 0, 0},
	{"floor", unary("floor"), -3e38, 3e38, 0, 0},
	{"round", unary("round"), -3e38, 3e38, 0, 0},
	{"sign", unary("sign"), -3e38, 3e38, 0, 0},
	{"neg", unary("neg"), -3e38, 3e38, 0, 0},
	{"abs", unary("abs"), -3e38, 3e38, 0, 0},
	{"relu", unary("relu"), -3e38, 3e38, 0, 0},
	{"clamp", unary("clamp", -0.5, 6), -3e38, 3e38, 0, 0},
	{"leaky", unary("leaky", 0.01), -3e38, 3e38, 0, 0},
}

// exactCases agree with their twins to the last bit, in every lane and tail.
var exactCases = []struct {
	name   string
	region Region
}{
	{"addMul", Region{In: vec(3), Steps: []Step{step("mul", 0, 1), step("add", 3, 2)}, Out: []int{4}}},
	{"subDiv", Region{In: vec(2), Steps: []Step{step("sub", 0, 1), step("div", 2, 1)}, Out: []int{3, 2}}},
	{"scalar", Region{
		In:    []Operand{{Vector, f32}, {Scalar, f32}, {Scalar, f32}},
		Steps: []Step{step("mul", 0, 1), step("sub", 2, 3)}, Out: []int{4},
	}},
	{"block", Region{
		In:    []Operand{{Vector, f32}, {Block, f32}, {Block, f32}, {Scalar, f32}},
		Steps: []Step{step("mul", 0, 1), step("add", 4, 2), step("max", 5, 3)}, Out: []int{6},
	}},
	{"scalarOnly", Region{In: []Operand{{Scalar, f32}}, Steps: []Step{step("neg", 0)}, Out: []int{1, 0}}},
	{"copy", Region{In: vec(2), Out: []int{1, 0, 1}}},
	{"minMax", Region{In: vec(3), Steps: []Step{step("min", 0, 1), step("max", 3, 2)}, Out: []int{4}}},
	{"maxConst", Region{In: vec(1), Steps: []Step{{Op: "const", Params: []float64{0.25}, Type: f32}, step("max", 1, 0), step("min", 0, 1)}, Out: []int{2, 3}}},
	{"selectLess", Region{
		In:    vec(3),
		Steps: []Step{{Op: "lt", Args: []int{0, 1}, Type: "bool"}, step("select", 3, 2, 0)}, Out: []int{4},
	}},
	{"truth", Region{
		In: vec(3),
		Steps: []Step{
			{Op: "lt", Args: []int{0, 1}, Type: "bool"}, {Op: "le", Args: []int{1, 2}, Type: "bool"},
			{Op: "eq", Args: []int{0, 2}, Type: "bool"}, {Op: "and", Args: []int{3, 4}, Type: "bool"},
			{Op: "or", Args: []int{6, 5}, Type: "bool"}, {Op: "not", Args: []int{7}, Type: "bool"},
			step("cast", 8), {Op: "cast", Args: []int{9}, Type: "bool"}, step("cast", 10), step("mul", 11, 0),
		}, Out: []int{12, 9},
	}},
	{"many", manyOperands(14)},
	{"wide", wideTree(20)},
}

// manyOperands adds n operands: more than there are pointer registers.
func manyOperands(n int) Region {
	r := Region{In: vec(n)}
	last := 0
	for k := 1; k < n; k++ {
		r.Steps = append(r.Steps, step("sub", last, k))
		last = n + k - 1
	}
	r.Out = []int{last, n}
	return r
}

// wideTree keeps n values alive at once: more than there are vector registers.
func wideTree(n int) Region {
	r := Region{In: vec(2)}
	for k := range n {
		r.Steps = append(r.Steps, Step{Op: "const", Params: []float64{float64(k) + 0.5}, Type: f32}, step("mul", 0, 2+2*k))
	}
	last := 1
	for k := n - 1; k >= 0; k-- {
		r.Steps = append(r.Steps, step("sub", last, 3+2*k))
		last = 2 + len(r.Steps) - 1
	}
	r.Out = []int{last}
	return r
}

// emit compiles the functions that add writes.
func emit(t *testing.T, add func(c *build.Context)) (asm, stubs []byte) {
	t.Helper()
	c := build.NewContext()
	add(c)
	f, err := c.Result()
	if err != nil {
		t.Fatal(err)
	}
	if err := pass.Compile.Execute(f); err != nil {
		t.Fatal(err)
	}
	cfg := printer.Config{Pkg: "main", Name: "test"}
	if asm, err = printer.NewGoAsm(cfg).Print(f); err != nil {
		t.Fatal(err)
	}
	if stubs, err = printer.NewStubs(cfg).Print(f); err != nil {
		t.Fatal(err)
	}
	return asm, stubs
}

// TestElementwiseTwins builds one program with all twins of every case; the
// program (testdata/twins.go.txt) compares them.
func TestElementwiseTwins(t *testing.T) {
	if runtime.GOARCH != "amd64" {
		t.Skip("assembly runs on amd64 only")
	}
	sets := ISAs
	if !(cpu.X86.HasAVX512F && cpu.X86.HasAVX512DQ && cpu.X86.HasAVX512BW && cpu.X86.HasAVX512VL) {
		sets = []ISA{AVX2}
	}
	var goText, table strings.Builder
	asm, stubs := emit(t, func(c *build.Context) {
		add := func(name string, r Region, row string) {
			goText.WriteString(ElementwiseGo(name+"Go", r) + "\n")
			args := ""
			for m := range r.Out {
				args += fmt.Sprintf(", out(%d)", m)
			}
			modes := ""
			for k, o := range r.In {
				args += fmt.Sprintf(", in(%d)", k)
				modes += map[Mode]string{Vector: "v", Scalar: "s", Block: "b"}[o.Mode]
			}
			for _, s := range sets {
				asm := s.Function(name)
				if err := Elementwise(c, s, asm, r); err != nil {
					t.Fatalf("%s: %v", asm, err)
				}
				fmt.Fprintf(&table, "\t{%q, %d, %q, %s, func(n int, out, in func(int) *float32) { %s(n%s) }, func(n int, out, in func(int) *float32) { %sGo(n%s) }},\n",
					asm, len(r.Out), modes, row, asm, args, name, args)
			}
		}
		for _, k := range ulpCases {
			add(k.name, k.region, fmt.Sprintf("%g, %g, %d, %g", k.lo, k.hi, k.ulp, k.abs))
		}
		for _, k := range exactCases {
			add(k.name, k.region, "0, 0, 0, 0")
		}
	})
	main, err := os.ReadFile("testdata/twins.go.txt")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for name, text := range map[string]string{
		"go.mod":          "module twins\n\ngo 1.26\n",
		"main.go":         string(main),
		"k_amd64.s":       string(asm),
		"k_amd64_stub.go": string(stubs),
		"generic.go":      "package main\n\nimport (\n\t\"math\"\n\t\"unsafe\"\n)\n\n" + goText.String(),
		"table.go":        "package main\n\nvar table = []row{\n" + table.String() + "}\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, args := range [][]string{{"vet", "."}, {"run", "."}} {
		cmd := exec.Command("go", args...)
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "GOFLAGS=-mod=mod", "GOWORK=off")
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("go %s: %v\n%s", args[0], err, out)
		}
		t.Logf("%s", bytes.TrimSpace(out))
	}
}

func TestElementwiseStaysInsideAVX2(t *testing.T) {
	asm, _ := emit(t, func(c *build.Context) {
		for _, k := range ulpCases {
			if err := Elementwise(c, AVX2, k.name, k.region); err != nil {
				t.Fatal(err)
			}
		}
	})
	if found := regexp.MustCompile(`\bZ[0-9]+\b|\bY(1[6-9]|2[0-9]|3[01])\b|\bR15\b`).Find(asm); found != nil {
		t.Errorf("got register %s, want none beyond AVX2 and none the runtime keeps", found)
	}
	frames := regexp.MustCompile(`(?m)^TEXT [^,]+, (.*)\$(\d+)-`).FindAllSubmatch(asm, -1)
	if got, want := len(frames), len(ulpCases); got != want {
		t.Fatalf("got %d functions, want %d", got, want)
	}
	for _, f := range frames {
		if len(f[2]) < 3 || len(f[1]) > 0 {
			t.Errorf("got %s, want a frame of 128 bytes or more and no flags", f[0])
		}
	}
}

func TestElementwiseRefuses(t *testing.T) {
	for _, row := range []struct {
		name   string
		region Region
		want   string
	}{
		{"pow", Region{In: vec(2), Steps: []Step{step("pow", 0, 1)}, Out: []int{2}}, "pow is computed in Go"},
		{"integer operand", Region{In: []Operand{{Vector, "int32"}}, Steps: []Step{step("cast", 0)}, Out: []int{1}}, "operand 0 is int32"},
		{"truth stored", Region{In: vec(2), Steps: []Step{{Op: "lt", Args: []int{0, 1}, Type: "bool"}}, Out: []int{2}}, "a result is bool"},
	} {
		c := build.NewContext()
		err := Elementwise(c, AVX2, "f", row.region)
		var unsupported *UnsupportedError
		if !errors.As(err, &unsupported) || unsupported.Reason != row.want {
			t.Errorf("%s: got %v, want reason %q", row.name, err, row.want)
		}
		if f, err := c.Result(); err != nil || len(f.Sections) != 0 {
			t.Errorf("%s: got %d sections and %v, want an untouched context", row.name, len(f.Sections), err)
		}
	}
}

// TestAllocateKeepsValues interprets random programs before and after register
// allocation with few registers, where almost everything spills.
func TestAllocateKeepsValues(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		p := &lanes{}
		for k := range 6 {
			p.emit("load", -1, val{inInput, k})
		}
		for range 40 {
			a, b, c := val{inReg, rng.IntN(p.regs)}, val{inReg, rng.IntN(p.regs)}, val{inReg, rng.IntN(p.regs)}
			if rng.IntN(2) == 0 {
				p.emit("tied", 2, a, b, c)
			} else {
				p.emit("free", -1, a, b)
			}
		}
		for v := range p.regs {
			if rng.IntN(4) == 0 {
				p.code = append(p.code, vop{name: "store", src: []val{{inReg, v}}, dst: -1, tied: -1, store: v})
			}
		}
		want, got := map[int]uint64{}, map[int]uint64{}
		regs := make([]uint64, p.regs)
		for _, op := range p.code {
			runOp(op.name, op.src, op.dst, op.store, -1, regs, nil, want)
		}
		a := allocate(p.code, p.regs, 4)
		machine, slots := make([]uint64, 4), make([]uint64, a.slots)
		for _, op := range a.out {
			if op.name == "tied" && op.src[2].n != op.dst {
				t.Fatalf("got destination %d, want the tied register %d", op.dst, op.src[2].n)
			}
			runOp(op.name, op.src, op.dst, op.store, op.slot, machine, slots, got)
		}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Fatalf("got %v, want %v", got, want)
		}
	}
}

// runOp gives every instruction a meaning that tells its operands apart.
func runOp(name string, src []val, dst, store, slot int, regs, slots []uint64, out map[int]uint64) {
	h := uint64(len(name))
	for _, s := range src {
		x := uint64(s.n)
		switch s.kind {
		case inReg:
			x = regs[s.n]
		case inSlot:
			x = slots[s.n]
		}
		if name == "VMOVUPS" {
			h = x
		} else {
			h = h*1000003 + x
		}
	}
	switch {
	case store >= 0:
		out[store] = h
	case slot >= 0:
		slots[slot] = h
	default:
		regs[dst] = h
	}
}

func TestElementwiseGoIsStable(t *testing.T) {
	r := exactCases[slices.IndexFunc(exactCases, func(k struct {
		name   string
		region Region
	}) bool {
		return k.name == "scalar"
	})].region
	const want = `func f(n int, out0 *float32, in0 *float32, in1 *float32, in2 *float32) {
	y0 := unsafe.Slice(out0, n)
	x0 := unsafe.Slice(in0, n)
	v1 := *in1
	v2 := *in2
	for i := range n {
		v0 := x0[i]
		v3 := float32(v0 * v1)
		v4 := float32(v2 - v3)
		y0[i] = v4
	}
}
`
	if got := ElementwiseGo("f", r); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}
