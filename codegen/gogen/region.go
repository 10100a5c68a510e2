package gogen

import (
	"fmt"
	"slices"
	"strings"

	"github.com/netc-lang/netc/codegen/kernel"
	"github.com/netc-lang/netc/ir"
	"github.com/netc-lang/netc/ir/op"
)

// regionKernel is one fused elementwise region of the unit: a loop nest whose
// innermost run is a kernel of codegen/kernel. Regions with the same steps and
// the same pattern of broadcasts share one, whatever their sizes.
type regionKernel struct {
	task   string // Go type that holds one call's operands
	row    string // Go function of the innermost run
	region kernel.Region
	axes   int      // after neighbours with one pattern were joined; the last is the run
	has    [][]bool // operand k spans axis i; else it is broadcast along it
	law    string   // readable form, for the comment
	maps   bool     // over maps of blocks of channels: axes and has are not used
	shared []bool   // then: operand k is the same for every image
}

// regionGrain is the number of elements of one chunk: 64 kB of f32 an operand,
// large enough that handing it out costs nothing, small enough for L2. It is
// fixed so that splits never depend on the number of threads.
const regionGrain = 1 << 14

// iteration is the loop nest of a region before joining axes.
type iteration struct {
	sizes []size
	has   [][]bool
}

// emitRegion lowers a fused instruction.
func emitRegion(l *lowering, in *ir.Instr) { l.region(in, in.Body) }

// emitElementwise lowers an elementwise instruction that no pass put into a
// region.
func emitElementwise(l *lowering, in *ir.Instr) { l.region(in, []*ir.Instr{in}) }

func (l *lowering) region(in *ir.Instr, body []*ir.Instr) {
	steps, args, outs := l.regionSteps(in, body)
	if !outs[0].Layout.Plain() {
		l.regionMaps(in, steps, args, outs)
		return
	}
	nest := l.iteration(in, args, outs)
	nest.join(l)
	k := l.u.region(steps, nest)
	l.needTask(k.task)
	l.commentOn(in, args, "["+k.law+"]")
	var call strings.Builder
	fmt.Fprintf(&call, "%s.run(c", l.h.task(l, k.task))
	for _, s := range nest.sizes {
		fmt.Fprintf(&call, ", %s", s)
	}
	for _, v := range slices.Concat(outs, args) {
		fmt.Fprintf(&call, ", %s", l.slice(v))
	}
	l.p("%s)", call.String())
}

func (l *lowering) needTask(name string) {
	if !l.atLoad && l.group == nil && !slices.Contains(l.tasks, name) {
		l.tasks = append(l.tasks, name)
	}
}

// regionSteps returns the body as a kernel region, all operands vectors, with
// the values that are read from memory (constants of one value are folded into
// the steps) and those that are written.
func (l *lowering) regionSteps(in *ir.Instr, body []*ir.Instr) (r kernel.Region, args, outs []*ir.Value) {
	type ref struct{ step, in int } // index of a step, or of an operand
	index := map[*ir.Value]ref{}
	operand := func(v *ir.Value) ref {
		if k, ok := index[v]; ok {
			return k
		}
		k := ref{step: -1, in: len(args)}
		if c, ok := splat(v); ok {
			k = ref{step: len(r.Steps)}
			r.Steps = append(r.Steps, kernel.Step{Op: "const", Params: []float64{c}, Type: goTypes[v.Type.DType]})
		} else {
			args = append(args, v)
			r.In = append(r.In, kernel.Operand{Type: goTypes[v.Type.DType]})
		}
		index[v] = k
		return k
	}
	var pending [][]ref // operands of each step, numbered once all inputs are known
	for _, b := range body {
		if len(b.Outs) != 1 {
			l.bug("%s in a region has %d results", b.Op.Name, len(b.Outs))
		}
		var refs []ref
		for _, a := range b.Args {
			refs = append(refs, operand(a))
			for len(pending) < len(r.Steps) {
				pending = append(pending, nil)
			}
		}
		index[b.Outs[0]] = ref{step: len(r.Steps)}
		r.Steps = append(r.Steps, kernel.Step{Op: b.Op.Name, Params: stepParams(b), Type: goTypes[b.Outs[0].Type.DType]})
		pending = append(pending, refs)
	}
	number := func(k ref) int {
		if k.step < 0 {
			return k.in
		}
		return len(r.In) + k.step
	}
	for i, refs := range pending {
		for _, k := range refs {
			r.Steps[i].Args = append(r.Steps[i].Args, number(k))
		}
	}
	for i, v := range in.Outs {
		k, ok := index[v]
		if !ok { // results of a region stand for the last values of its body
			k = index[body[len(body)-len(in.Outs)+i].Outs[0]]
		}
		r.Out = append(r.Out, number(k))
		outs = append(outs, v)
	}
	return r, args, outs
}

// splat returns the one value of a constant whose elements are all equal.
func splat(v *ir.Value) (float64, bool) {
	if v.Def == nil || v.Def.Op.Name != "const" {
		return 0, false
	}
	if values := v.Def.Attrs.Floats("values"); len(values) == 1 {
		return values[0], true
	}
	return 0, false
}

// stepParams returns the attributes of b in the order its kernel takes them.
func stepParams(b *ir.Instr) []float64 {
	var out []float64
	for _, name := range kernel.Params(b.Op.Name) {
		switch name {
		case "value":
			out = append(out, b.Attrs.Floats("values")[0])
		case "approx":
			out = append(out, map[string]float64{"tanh": 1}[b.Attrs.String(name)])
		default:
			out = append(out, b.Attrs.Float(name))
		}
	}
	return out
}

// iteration finds which axes of the results each operand spans.
func (l *lowering) iteration(in *ir.Instr, args, outs []*ir.Value) iteration {
	var it iteration
	full := outs[0].Type
	for i := range full.Dims {
		it.sizes = append(it.sizes, l.dim(outs[0], i))
	}
	for _, v := range outs[1:] {
		if !v.Type.SameShape(full) && !sameSizes(v.Type, full) {
			l.bug("results of the region at %s differ in shape: %s and %s", position(in.Pos), full, v.Type)
		}
	}
	for _, v := range args {
		spans := make([]bool, len(full.Dims))
		shift := len(full.Dims) - len(v.Type.Dims)
		if shift < 0 {
			l.bug("operand %s of the region at %s has more axes than its result %s", v.Type, position(in.Pos), full)
		}
		for i := range v.Type.Dims {
			spans[shift+i] = v.Type.Dims[i].Size.Equal(full.Dims[shift+i].Size)
		}
		it.has = append(it.has, spans)
	}
	return it
}

func sameSizes(a, b op.Type) bool {
	if len(a.Dims) != len(b.Dims) {
		return false
	}
	for i := range a.Dims {
		if !a.Dims[i].Size.Equal(b.Dims[i].Size) {
			return false
		}
	}
	return true
}

// join drops axes of one element and merges neighbours that every operand
// treats alike: [N, C, H, W] with a bias per channel becomes [N, C, H*W].
func (it *iteration) join(l *lowering) {
	var out iteration
	out.has = make([][]bool, len(it.has))
	for i, s := range it.sizes {
		if s.equal(constant(1)) {
			continue
		}
		last := len(out.sizes) - 1
		merged, linear := constant(0), false
		if last >= 0 {
			merged, linear = out.sizes[last].mul(s)
		}
		alike := linear
		for k := range it.has {
			alike = alike && out.has[k][last] == it.has[k][i]
		}
		if alike {
			out.sizes[last] = merged
			continue
		}
		out.sizes = append(out.sizes, s)
		for k := range it.has {
			out.has[k] = append(out.has[k], it.has[k][i])
		}
	}
	if len(out.sizes) == 0 {
		out.sizes = []size{constant(1)}
		for k := range out.has {
			out.has[k] = []bool{true}
		}
	}
	*it = out
}

// region returns the kernel of the steps over the loop nest, making it when it
// is new.
func (u *unit) region(r kernel.Region, it iteration) *regionKernel {
	last := len(it.sizes) - 1
	for k := range r.In {
		if !it.has[k][last] {
			r.In[k].Mode = kernel.Scalar
		}
	}
	key := fmt.Sprint(r, it.has, len(it.sizes))
	if k := u.regions[key]; k != nil {
		return k
	}
	base := regionName(r)
	k := &regionKernel{
		task: u.top.unique(base), row: u.top.unique(base + "Row"),
		region: r, axes: len(it.sizes), has: it.has, law: regionLaw(r),
	}
	u.regions[key] = k
	u.regSeq = append(u.regSeq, k)
	return k
}

// regionName names a region after its last operations: mulSubMul.
func regionName(r kernel.Region) string {
	name := ""
	for _, s := range r.Steps {
		if s.Op != "const" {
			name += " " + s.Op
		}
	}
	parts := words(name)
	return unexported(strings.Join(parts[max(0, len(parts)-3):], " ") + " region")
}

// regionLaw writes the region as a formula over x0, x1, ... for people. Long
// ones are cut.
func regionLaw(r kernel.Region) string {
	text := make([]string, len(r.In), len(r.In)+len(r.Steps))
	for k := range r.In {
		text[k] = fmt.Sprintf("x%d", k)
	}
	for _, s := range r.Steps {
		var t string
		args := make([]string, len(s.Args))
		for i, a := range s.Args {
			args[i] = text[a]
		}
		switch sign := map[string]string{"add": "+", "sub": "-", "mul": "*", "div": "/"}[s.Op]; {
		case s.Op == "const":
			t = fmt.Sprintf("%.4g", s.Params[0])
		case sign == "+" && strings.HasPrefix(args[1], "-"):
			t = "(" + args[0] + args[1] + ")"
		case sign != "":
			t = "(" + args[0] + sign + args[1] + ")"
		case s.Op == "cast":
			t = s.Type + "(" + args[0] + ")"
		default:
			t = s.Op + "(" + strings.Join(args, ", ") + ")"
		}
		text = append(text, t)
	}
	var outs []string
	for _, v := range r.Out {
		outs = append(outs, text[v])
	}
	law := strings.Join(outs, "; ")
	if len(law) > 100 {
		law = fmt.Sprintf("%d operations, %d operands", len(r.Steps), len(r.In))
	}
	return law
}
