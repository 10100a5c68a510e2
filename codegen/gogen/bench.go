package gogen

import (
	"fmt"
	"slices"
	"strings"

	"github.com/netc-lang/netc/ir"
	"github.com/netc-lang/netc/ir/sym"
	"github.com/netc-lang/netc/runtime/tensor"
)

const (
	pathBench  = root + "runtime/bench"
	pathDriver = root + "runtime/driver"
)

// BenchMain returns the source of a program that measures the session of a net of
// m, whose generated package has the import path model. Inputs of floats are
// random, all others zero.
//
// Errors: net does not exist, or is "" and there are several.
func BenchMain(m *ir.Module, net, model string) (string, error) {
	return benchMain(m, net, model, false)
}

func benchMain(m *ir.Module, net, model string, profile bool) (string, error) {
	var nets []string
	for _, f := range m.Funcs {
		if f.Kind == ir.Infer {
			nets = append(nets, f.Net)
		}
	}
	net, err := choose(m, "net", net, nets)
	if err != nil {
		return "", err
	}
	infer := inferOf(m, net)
	batch, err := batchSymbol(infer)
	if err != nil {
		return "", err
	}
	f := newSource("", "main")
	f.use("os", pathBench, pathRuntime)
	f.imports[model] = "model" // its clause has the name of the package
	name := exported(lastName(net))
	f.p("func main() {")
	stages := ""
	if profile {
		stages = ", Stages: stages"
	}
	f.p("os.Exit(bench.Main(bench.Subject{Net: %q, MACs: %d, Open: open%s}))", net, forwardMACs(infer), stages)
	f.p("}")
	f.p("")
	f.p("func open(threads, batch int) (bench.Session, error) {")
	f.p("m, err := model.New%s(nrt.Threads(threads))", name)
	f.p("if err != nil {")
	f.p("return nil, err")
	f.p("}")
	if batch == "" {
		f.use("fmt")
		f.p("if batch != 1 {")
		f.p("return nil, fmt.Errorf(%q, batch)", net+" takes no batch: found %d, expected 1")
		f.p("}")
	}
	args := ""
	if batch != "" {
		args = "batch"
	}
	if isLate(infer) { // pictures of the size that the header of the package tells costs at
		l := &lowering{fn: infer, batch: batch, late: newSizeNames(infer, batch)}
		args = l.sizesAt(args, typical(infer, batch))
	}
	f.p("s, err := m.NewSession(%s)", args)
	f.p("if err != nil {")
	f.p("return nil, err")
	f.p("}")
	for i, v := range infer.Inputs {
		if v.Type.DType == tensor.F32 {
			f.p("bench.Fill(s.%s(), %d)", exported(v.Name), i)
		}
	}
	f.p("return s, nil")
	f.p("}")
	if profile {
		writeStages(f, infer, nil)
	}
	return string(f.bytes()), nil
}

// BenchTrainMain returns the source of a program that measures the training step
// of a net of m on random records. model is the import path of the generated
// package; its folder train is what the program imports.
//
// Errors: as BenchMain, for train sections.
func BenchTrainMain(m *ir.Module, net, model string) (string, error) {
	return benchTrainMain(m, net, model, false)
}

func benchTrainMain(m *ir.Module, net, model string, profile bool) (string, error) {
	var nets []string
	trained := trainedNets(m)
	for _, steps := range trained {
		nets = append(nets, steps[0].Net)
	}
	net, err := choose(m, "train section", net, nets)
	if err != nil {
		return "", err
	}
	section := trained[slices.Index(nets, net)][0] // the first step of its first phase
	step := findFunc(m, section.Loss)
	if step == nil {
		return "", fmt.Errorf("train %s: the module lacks the function %s", net, section.Loss)
	}
	program := "Program"
	if len(nets) > 1 {
		program = exported(lastName(net)) + "Program"
	}
	f := newSource("", "main")
	f.use("os", pathDriver, model+"/train")
	f.p("func main() {")
	f.p("os.Exit(driver.Bench(driver.Training{")
	f.p("Program: train.%s(),", program)
	f.p("MACs: %d,", trainedMACs(inferOf(m, net), step))
	f.p("Shapes: map[string][3]int{")
	for _, v := range step.Inputs {
		if kind, field := fieldKind(section, v, m); field && kind != ir.PictureField && kind != ir.MaskField || !field && v.Type.DType != tensor.F32 || len(v.Type.Dims) == 0 {
			continue
		}
		shape, ok := typicalShape(step, v)
		if !ok {
			return "", fmt.Errorf("train %s: the field %s is %s, which is no batch of pictures", net, v.Name, v.Type)
		}
		f.p("%q: {%d, %d, %d},", v.Name, shape[0], shape[1], shape[2])
	}
	f.p("},")
	if profile {
		f.p("Stages: stages,")
	}
	f.p("}))")
	f.p("}")
	if profile {
		updates, err := updatesOf(m, trained[slices.Index(nets, net)])
		if err != nil {
			return "", err
		}
		writeStages(f, step, updates)
	}
	return string(f.bytes()), nil
}

// fieldKind returns what v is in the data that section trains on; ok is false for what is
// none of its fields.
func fieldKind(section *ir.Train, v *ir.Value, m *ir.Module) (k ir.FieldKind, ok bool) {
	for _, d := range m.Data {
		for _, f := range d.Fields {
			if d.Name == section.Data && f.Name == v.Name {
				return f.Kind, true
			}
		}
	}
	return 0, false
}

// choose returns net when it is one of have, or the only one for "".
func choose(m *ir.Module, what, net string, have []string) (string, error) {
	switch {
	case net != "" && !slices.Contains(have, net):
		return "", fmt.Errorf("%s has no %s of %s; it has %s", m.Source, what, net, list(have))
	case net != "":
		return net, nil
	case len(have) == 0:
		return "", fmt.Errorf("%s has no %s", m.Source, what)
	case len(have) > 1:
		return "", fmt.Errorf("%s has several nets; choose one with --net: %s", m.Source, list(have))
	}
	return have[0], nil
}

func list(names []string) string {
	if len(names) == 0 {
		return "none"
	}
	return strings.Join(names, ", ")
}

func inferOf(m *ir.Module, net string) *ir.Func {
	for _, f := range m.Funcs {
		if f.Kind == ir.Infer && f.Net == net {
			return f
		}
	}
	return nil
}

// trainedMACs are the multiply-adds of infer on one record of the sizes that step is
// measured on; 0 without infer.
func trainedMACs(infer, step *ir.Func) int64 {
	if infer == nil {
		return 0
	}
	batch, _ := batchSymbol(infer) // checked when infer was lowered
	env := typical(infer, batch)
	for _, in := range infer.Inputs {
		for _, v := range step.Inputs {
			if len(v.Type.Dims) != len(in.Type.Dims) || v.Type.DType != in.Type.DType || v.Name != in.Name && len(infer.Inputs) > 1 {
				continue
			}
			sizes := typical(step, lateBatch(step))
			for i, d := range in.Type.Dims[min(1, len(in.Type.Dims)):] {
				if symbols := d.Size.Symbols(); len(symbols) == 1 && d.Size.Equal(sym.Symbol(symbols[0])) {
					if n, err := v.Type.Dims[i+1].Size.Eval(sizes); err == nil {
						env[symbols[0]] = n
					}
				}
			}
			break
		}
	}
	return macsAt(infer, env)
}

// forwardMACs are the multiply-adds of f for a batch of one; 0 without f.
func forwardMACs(f *ir.Func) int64 {
	if f == nil {
		return 0
	}
	return functionMACs(f)
}
