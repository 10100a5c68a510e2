package gogen

import (
	"fmt"
	"slices"
	"strings"
)

// writeInfer emits the plans: kernels, constants, weight tables, and for each
// net how weights are laid out and the calls of its functions.
func (u *unit) writeInfer(nets []*netAPI, files map[string][]byte) {
	f := newSource(u.header(), u.pkg)
	u.writePlans(f)
	u.writeConsts(f)
	for _, a := range nets {
		a.writeParts(f)
		a.writeLoad(f)
		a.infer.writePlan(f, "s *"+a.goName+"Session", "infer", a.infer.locals())
		if a.predict != nil {
			a.predict.writePlan(f, "s *"+a.predictor(), "predict", a.predict.locals())
		}
	}
	f.uses(strings.Split(f.body.String(), "\n"))
	files[u.stem+"_net_infer.go"] = f.bytes()
}

// writeLoad emits the table of weights and the function that lays them out.
func (a *netAPI) writeLoad(f *source) {
	f.use(pathRuntime)
	f.p("// %s are the weights that a %s reads from its file.", a.states, a.goName)
	f.p("var %s = [...]nrt.State{", a.states)
	for _, s := range a.h.states {
		shape, _ := stateShape(s) // checked when the weights were
		net := ""
		if ambiguous(a.u.m, s) {
			net = fmt.Sprintf(", Net: %q", s.Net)
		}
		f.p("{Name: %q, Shape: %s%s},", s.Name, intsLiteral(shape), net)
	}
	f.p("}")
	f.p("")
	var lines []string
	for _, k := range a.h.kept {
		lines = append(lines, fmt.Sprintf("m.%s = %s // %s", k.name, k.init, k.doc))
	}
	for _, l := range []*lowering{a.infer, a.predict} {
		if l != nil {
			lines = append(lines, l.load...)
		}
	}
	for _, p := range a.h.packs {
		from := p.l.slice(p.v)
		lines = append(lines, fmt.Sprintf("m.%s = nrt.Floats(%s.PackedLen()) // %s", p.name, p.plan, p.doc),
			fmt.Sprintf("%s.Pack(m.%s, %s)", p.plan, p.name, from))
	}
	f.p("// load keeps the weights w, in the order of %s, as the kernels read them.", a.states)
	f.p("func (m *%s) load(w [][]float32) {", a.goName)
	var needs []string
	for _, l := range []*lowering{a.infer, a.predict} {
		if l != nil {
			needs = append(needs, l.loadNeeds...)
		}
	}
	if len(needs) > 0 || strings.Contains(codeOf(lines), "(c,") {
		f.p("c := nrt.Context(m, m.threads)")
		f.p("defer c.Pool.Close()")
		for _, n := range needs {
			f.p("c.Reserve(%s)", n)
		}
	}
	for _, line := range lines {
		f.p("%s", line)
	}
	f.p("}")
	f.p("")
}

// writePlan emits the calls of l as a method, and its scratch function.
func (l *lowering) writePlan(f *source, recv, name string, short map[string]string) {
	if l.late != nil {
		l.writePlanType(f)
	}
	if l.scratch != "" {
		f.p("// %s returns the floats of scratch memory that %s needs.", l.scratch, l.fn.Name)
		if l.late != nil {
			f.p("func (%s) %s() (perWorker, shared int) {", recv, l.scratch)
			locals(f, l.needs, short)
		} else if len(l.segments) > 0 {
			f.p("func %s(n int) (perWorker, shared, group int) {", l.scratch)
		} else {
			f.p("func %s(n int) (perWorker, shared int) {", l.scratch)
		}
		f.p("most := func(w, s int) { perWorker, shared = max(perWorker, w), max(shared, s) }")
		if len(l.segments) > 0 {
			l.writeGroupNeeds(f)
		}
		for _, need := range unique(l.needs) {
			f.p("most(%s)", need)
		}
		if len(l.segments) > 0 {
			f.p("return perWorker, shared, group")
		} else {
			f.p("return perWorker, shared")
		}
		f.p("}")
		f.p("")
	}
	arena := "a is the arena"
	if l.late != nil {
		arena = "p are those made for its sizes, b the blocks of the arena"
	}
	f.p("// %s computes %s for n images: c runs the kernels, %s.", name, l.fn.Name, arena)
	f.p("func (%s) %s() {", recv, name)
	lines := l.callSegments("*"+strings.TrimPrefix(recv, l.self+" *"), name)
	locals(f, lines, short)
	for _, line := range lines {
		f.p("%s", line)
	}
	if l.settles {
		f.p("s.m.settling.Called()")
	}
	f.p("}")
	f.p("")
	l.writeSegments(f, recv, name, short)
}

// unique drops repeated lines, keeping the first.
func unique(lines []string) []string {
	seen := map[string]bool{}
	return slices.DeleteFunc(slices.Clone(lines), func(s string) bool {
		old := seen[s]
		seen[s] = true
		return old
	})
}
