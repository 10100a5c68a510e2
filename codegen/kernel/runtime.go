package kernel

import (
	"bytes"
	"fmt"
	"go/format"

	"github.com/mmcloughlin/avo/build"
)

// File is one generated file; its name is a path below runtime/kernel.
type File struct {
	Name string
	Data []byte
}

// Runtime returns the generated files of runtime/kernel: the assembly of each
// subject with its Go declarations, and the check that the argument blocks have
// the layout the assembly expects. The result is the same bytes at every call.
func Runtime() ([]File, error) {
	var files []File
	for _, subject := range []struct {
		name  string
		build func(c *build.Context) error
	}{
		{"tile", tiles},
		{"dot", dots},
		{"depth", depths},
		{"pack", packers},
		{"pool", pools},
		{"act", activations},
		{"line", lines},
		{"update", updates},
		{"peak", peaks},
		{"cpuid", cpuids},
	} {
		c := build.NewContext()
		c.ConstraintExpr("amd64,!purego")
		if err := subject.build(c); err != nil {
			return nil, err
		}
		asm, stubs, err := Print(c, "kernel")
		if err != nil {
			return nil, fmt.Errorf("%s: %w", subject.name, err)
		}
		files = append(files,
			File{subject.name + "_amd64.s", asm},
			File{subject.name + "_asm_amd64.go", stubs})
	}
	layout, err := layouts()
	if err != nil {
		return nil, err
	}
	return append(files, File{"layout_amd64.go", layout}), nil
}

func tiles(c *build.Context) error {
	for vecs := 1; vecs <= 2; vecs++ {
		for rows := 1; rows <= 6; rows++ {
			if err := Tile(c, rows, vecs); err != nil {
				return err
			}
		}
	}
	return nil
}

func dots(c *build.Context) error {
	for cols := 1; cols <= 2; cols++ {
		for rows := 1; rows <= 6; rows++ {
			if err := Dot(c, rows, cols); err != nil {
				return err
			}
		}
	}
	FoldLanes(c)
	return nil
}

func depths(c *build.Context) error {
	for vecs := 1; vecs <= 2; vecs++ {
		for rows := 1; rows <= 10-2*vecs; rows++ {
			if err := Depth(c, rows, vecs); err != nil {
				return err
			}
		}
	}
	for taps := 1; taps <= 12; taps++ {
		if err := DepthDW(c, taps); err != nil {
			return err
		}
	}
	Stages(c)
	return nil
}

func packers(c *build.Context) error {
	for rows := 1; rows <= 8; rows++ {
		if err := Transpose(c, rows); err != nil {
			return err
		}
		Untranspose(c, rows)
	}
	TransposePanel(c)
	CopyPanels(c)
	for vecs := 1; vecs <= 2; vecs++ {
		CopyRows(c, vecs)
		CopyTaps(c, vecs, false)
		CopyTaps(c, vecs, true)
	}
	return nil
}

func pools(c *build.Context) error {
	Pools(c)
	for kind := WindowMax; kind <= WindowMean; kind++ {
		for stride := 1; stride <= 2; stride++ {
			if err := Window(c, kind, stride); err != nil {
				return err
			}
		}
	}
	SumRow(c)
	return nil
}

// activations adds the elementwise functions of epilogues that are applied to
// results in memory; y may be x.
func activations(c *build.Context) error {
	x := Operand{Mode: Vector, Type: "float32"}
	scalar := Operand{Mode: Scalar, Type: "float32"}
	step := func(op string, args ...int) Step { return Step{Op: op, Args: args, Type: "float32"} }
	gelu := step("gelu", 0)
	gelu.Params = []float64{0}
	zero := Step{Op: "const", Params: []float64{0}, Type: "float32"}
	for _, f := range []struct {
		name string
		Region
	}{
		{"tanh", Region{[]Operand{x}, []Step{step("tanh", 0)}, []int{1}}},
		{"sigmoid", Region{[]Operand{x}, []Step{step("sigmoid", 0)}, []int{1}}},
		{"silu", Region{[]Operand{x}, []Step{step("silu", 0)}, []int{1}}},
		{"gelu", Region{[]Operand{x}, []Step{gelu}, []int{1}}},
		{"hardswish", Region{[]Operand{x}, []Step{step("hardswish", 0)}, []int{1}}},
		{"add", Region{[]Operand{x, x}, []Step{step("add", 0, 1)}, []int{2}}},
		// The gradient of a rectifier from its result. Operands y dy.
		{"gate", Region{[]Operand{x, x}, []Step{zero, {Op: "lt", Args: []int{2, 0}, Type: "bool"}, step("select", 3, 1, 2)}, []int{4}}},
		// The exponentials of a line less its largest element, and what normalisation
		// makes of an element: operands x mean invstd weight bias, or without the last two.
		{"expless", Region{[]Operand{x, scalar}, []Step{step("sub", 0, 1), step("exp", 2)}, []int{3}}},
		{"scale", Region{[]Operand{x, scalar}, []Step{step("mul", 0, 1)}, []int{2}}},
		{"standard", Region{[]Operand{x, scalar, scalar}, []Step{step("sub", 0, 1), step("mul", 3, 2)}, []int{4}}},
		{"affine", Region{[]Operand{x, scalar, scalar, x, x}, []Step{step("sub", 0, 1), step("mul", 5, 2), step("mul", 6, 3), step("add", 7, 4)}, []int{8}}},
		{"bound", Region{[]Operand{x, scalar, scalar}, []Step{step("max", 0, 1), step("min", 3, 2)}, []int{4}}},
		{"leaky", Region{[]Operand{x, scalar}, []Step{zero, {Op: "lt", Args: []int{0, 2}, Type: "bool"}, step("mul", 0, 1), step("select", 3, 4, 0)}, []int{5}}},
		// v' = momentum·v + (g + decay·w); w' = w − lr·v'. Operands w g v lr momentum decay.
		{"sgd", Region{[]Operand{x, x, x, scalar, scalar, scalar},
			[]Step{step("mul", 0, 5), step("add", 1, 6), step("mul", 2, 4), step("add", 8, 7), step("mul", 9, 3), step("sub", 0, 10)}, []int{11, 9}}},
		// The same with Nesterov's step: w' = w − lr·(g + decay·w + momentum·v').
		{"nesterov", Region{[]Operand{x, x, x, scalar, scalar, scalar},
			[]Step{step("mul", 0, 5), step("add", 1, 6), step("mul", 2, 4), step("add", 8, 7),
				step("mul", 9, 4), step("add", 7, 10), step("mul", 11, 3), step("sub", 0, 12)}, []int{13, 9}}},
	} {
		if err := Elementwise(c, AVX2, f.name+"_f32_avx2", f.Region); err != nil {
			return err
		}
	}
	return nil
}

// layouts checks the argument blocks of runtime/kernel.
func layouts() ([]byte, error) {
	return layoutFile("kernel", []argBlock{
		{"tileArgs", TileFields}, {"dotArgs", DotFields},
		{"depthArgs", DepthFields}, {"depthDWArgs", DepthDWFields}, {"stageArgs", StageFields},
	})
}

// layoutFile writes a Go file that does not compile when an argument block differs
// from the order the assembly reads.
func layoutFile(pkg string, blocks []argBlock) ([]byte, error) {
	var b bytes.Buffer
	fmt.Fprintf(&b, "// Code generated by codegen/kernel/gen. DO NOT EDIT.\n\n//go:build amd64 && !purego\n\npackage %s\n\nimport \"unsafe\"\n\n", pkg)
	fmt.Fprintf(&b, "// Each line is an array index that is 0 when the field lies where the assembly\n// reads it, and an error of compilation otherwise.\nvar (\n")
	for _, block := range blocks {
		for i, f := range block.fields {
			fmt.Fprintf(&b, "\t_ = [1]byte{}[unsafe.Offsetof(%s{}.%s)-%d]\n", block.name, f, 8*i)
		}
	}
	fmt.Fprintf(&b, ")\n")
	return format.Source(b.Bytes())
}
