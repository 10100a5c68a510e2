package gogen

import (
	"crypto/sha256"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/netc-lang/netc/ir"
	"github.com/netc-lang/netc/runtime/weights"
)

// Options say what a package is called and what goes into it.
type Options struct {
	Package string // Go package name
	Name    string // begins the name of every file
	Version string // of the compiler, for the header
	Weights []byte // safetensors with the logical names; nil compiles none in
	Train   bool   // also the train sub-package
	Profile bool   // plans call the profiler before each instruction
}

// stem is what file names may begin with: Go ignores files that begin with _ or
// a point, and //go:embed takes other marks for patterns.
var stem = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_.-]*$`)

// Package returns the files of the package of m, which is planned, by
// slash-separated name.
//
// Errors: an operation, element type or run-time size without code in this
// version, with its source position; names that clash in Go; weights that do not
// fit.
func Package(m *ir.Module, o Options) (map[string][]byte, error) {
	if m.Stage != ir.Planned {
		return nil, fmt.Errorf("module %s is not planned: run the passes first", m.Name)
	}
	if err := checkPackageName(o.Package); err != nil {
		return nil, err
	}
	if !stem.MatchString(o.Name) {
		return nil, fmt.Errorf("%q cannot begin the names of Go files: rename the source to letters, digits, - and _, beginning with a letter or digit", o.Name)
	}
	files := map[string][]byte{}
	if err := serve(m, o, files); err != nil {
		return nil, err
	}
	if o.Train && len(m.Trains) > 0 {
		if err := train(m, o, files); err != nil {
			return nil, err
		}
	}
	return files, nil
}

// serve adds the serving package.
func serve(m *ir.Module, o Options, files map[string][]byte) error {
	u := newUnit(m, o, o.Package, o.Name)
	u.weights = o.Weights != nil
	sets, err := declareSets(m, u.top)
	if err != nil {
		return err
	}
	var infers []*ir.Func
	for _, f := range m.Funcs {
		if f.Kind == ir.Infer {
			infers = append(infers, f)
		}
	}
	if len(infers) == 1 {
		if err := u.top.claim("New", "the constructor of the package"); err != nil {
			return err
		}
	}
	var nets []*netAPI
	for _, f := range infers {
		a, err := newNet(u, f, sets)
		if err != nil {
			return err
		}
		a.only = len(infers) == 1
		nets = append(nets, a)
	}
	if o.Weights != nil {
		if err := checkWeights(o.Weights, nets); err != nil {
			return err
		}
		if o.Weights, err = embed(o.Weights, nets); err != nil {
			return err
		}
		files[o.Name+".weights"] = o.Weights
	}
	if err := u.writeAPI(nets, sets, o, files); err != nil {
		return err
	}
	u.writeInfer(nets, files)
	u.writeRegions(files)
	u.writeTest(nets, o, files)
	return nil
}

// checkWeights makes sure that every state is in the file with its shape.
func checkWeights(file []byte, nets []*netAPI) error {
	f, err := weights.View(file)
	if err != nil {
		return err
	}
	for _, a := range nets {
		for _, s := range a.h.states {
			shape, err := stateShape(s)
			if err != nil {
				return err
			}
			t, ok := lookup(f, s)
			if !ok {
				return fmt.Errorf("%s: the weights hold nothing called %s", position(s.Pos), s.Name)
			}
			if fmt.Sprint([]int(t.Shape)) != fmt.Sprint(shape) {
				return fmt.Errorf("%s: the weights hold %s %v, expected %v", position(s.Pos), s.Name, []int(t.Shape), shape)
			}
		}
	}
	return nil
}

// lookup finds the weight of s as nrt.State does: as NET.NAME, else as NAME.
func lookup(f *weights.File, s *ir.State) (weights.Tensor, bool) {
	if t, ok := f.Lookup(s.Net + "." + s.Name); ok {
		return t, true
	}
	return f.Lookup(s.Name)
}

// ambiguous reports whether another net of m has a weight called like s.
func ambiguous(m *ir.Module, s *ir.State) bool {
	return slices.ContainsFunc(m.States, func(o *ir.State) bool { return o != s && o.Name == s.Name })
}

// writeAPI emits the file that users read.
func (u *unit) writeAPI(nets []*netAPI, sets map[string]*setType, o Options, files map[string][]byte) error {
	doc := u.m.Doc
	if doc == "" {
		doc = fmt.Sprintf("Package %s holds networks compiled from %s.", u.pkg, u.m.Source)
	}
	if rest, ok := strings.CutPrefix(doc, "Package "+u.m.Name+" "); ok {
		doc = "Package " + u.pkg + " " + rest
	}
	if !strings.HasPrefix(doc, "Package ") {
		doc = fmt.Sprintf("Package %s: %s", u.pkg, doc)
	}
	header := newSource("", "")
	header.body.WriteString(strings.TrimSuffix(u.header(), "\n"))
	if o.Weights != nil {
		header.p("// weights sha256:%x %s", sha256.Sum256(o.Weights), bytesText(constant(int64(len(o.Weights)))))
	}
	for _, a := range nets {
		header.p("// %s: arena %s, %s", a.goName, arenaText(a.infer), macsText(a.infer.fn))
	}
	header.p("")
	header.doc(doc)
	f := newSource(header.body.String(), u.pkg)
	for _, s := range u.m.Sets {
		if t := sets[s.Name]; t != nil {
			t.write(f, u.top)
		}
	}
	if o.Weights != nil {
		f.embed()
		f.p("//go:embed %s.weights", u.stem)
		f.p("var weightsFile []byte")
		f.p("")
	}
	for _, a := range nets {
		a.writeModel(f)
		if a.section != nil {
			if err := a.writePredict(f); err != nil {
				return err
			}
		}
	}
	files[u.stem+"_net.go"] = f.bytes()
	return nil
}

// macsText counts the multiply-adds of f for a batch of one.
func macsText(f *ir.Func) string {
	return fmt.Sprintf("%.2f M MACs", float64(functionMACs(f))/1e6)
}

// functionMACs returns the multiply-adds of f for a batch of one, and pictures of
// the size that arenaText takes.
func functionMACs(f *ir.Func) int64 {
	batch, _ := batchSymbol(f) // checked when f was lowered
	return macsAt(f, typical(f, batch))
}

// macsAt returns the multiply-adds of f for the sizes of env.
func macsAt(f *ir.Func, env map[string]int64) int64 {
	total := int64(0)
	for _, in := range f.Instrs {
		total += instrMACs(in, env)
	}
	return total
}

// instrMACs returns the multiply-adds of in for the sizes of env.
func instrMACs(in *ir.Instr, env map[string]int64) int64 {
	n, err := in.MACs().Eval(env)
	if err != nil {
		return 0
	}
	return n
}
