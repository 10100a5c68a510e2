package gogen

import (
	"fmt"
	"slices"
	"strings"

	"github.com/netc-lang/netc/codegen/kernel"
	"github.com/netc-lang/netc/ir"
)

// regionMaps lowers a region over images in blocks of channels. An operand is a map
// of the size of the results, a map of one pixel, whose channels repeat along the
// image, or a single number.
func (l *lowering) regionMaps(in *ir.Instr, r kernel.Region, args, outs []*ir.Value) {
	if x, factors := scaledMap(r, args, outs); x != nil {
		l.scaleMap(in, x, factors, outs[0])
		return
	}
	y := outs[0].Map()
	var maps []string
	shared := make([]bool, len(args)) // the same for every image
	for _, v := range outs {
		maps = append(maps, l.mapLiteral(v))
	}
	for k, a := range args {
		m := a.Map()
		switch {
		case a.Layout.Plain():
			r.In[k].Mode = kernel.Scalar
			maps = append(maps, "{}")
			continue
		case !m.SameSize(y):
			r.In[k].Mode = kernel.Block
		}
		n, ok := a.Type.Elems().IsConst()
		shared[k] = r.In[k].Mode == kernel.Block && ok && n == m.C
		maps = append(maps, l.mapLiteral(a))
	}
	for i, m := range maps {
		maps[i] = strings.TrimPrefix(m, "blocked.Map")
	}
	k := l.u.regionOverMaps(r, shared)
	l.needTask(k.task)
	table, typ := "", fmt.Sprintf("[%d]blocked.Map", len(maps))
	if build := fmt.Sprintf("&%s{%s}", typ, strings.Join(maps, ", ")); l.anySize(in) {
		table = l.sessionPlan(in, "Maps", "*"+typ, build)
	} else {
		table = l.u.plan(in.Stage, "Maps", build, l.where(in))
	}
	l.commentOn(in, args, "["+k.law+"]")
	var call strings.Builder
	fmt.Fprintf(&call, "%s.run(c, %s, %s", l.h.task(l, k.task), l.dim(outs[0], 0), table)
	for _, v := range slices.Concat(outs, args) {
		fmt.Fprintf(&call, ", %s", l.slice(v))
	}
	l.p("%s)", call.String())
}

// scaledMap returns the operands of a region that does nothing but multiply each channel of
// the images x by a factor; nil for any other.
func scaledMap(r kernel.Region, args, outs []*ir.Value) (x, factors *ir.Value) {
	if len(r.Steps) != 1 || r.Steps[0].Op != "mul" || r.Steps[0].Type != "float32" || len(args) != 2 || len(outs) != 1 {
		return nil, nil
	}
	for i, x := range args {
		factors := args[1-i]
		if x.Layout.Plain() || factors.Layout.Plain() || factors.Layout.Halo > 0 {
			continue
		}
		images := factors.Type.Rank() == 4 && factors.Type.Dims[0].Size.Equal(x.Type.Dims[0].Size)
		if images && factors.Map().OnePixel() && x.Map().SameSize(outs[0].Map()) && !x.Map().OnePixel() {
			return x, factors
		}
	}
	return nil, nil
}

// scaleMap multiplies each channel of images by a factor.
func (l *lowering) scaleMap(in *ir.Instr, x, factors, y *ir.Value) {
	plan := l.mapPlan(in, "Plan", fmt.Sprintf("NewElementwise(blocked.ElementwiseConfig{Op: blocked.OpScale, A: %s, B: %s, Out: %s, %s})",
		l.mapLiteral(x), l.mapLiteral(factors), l.mapLiteral(y), selectedISA))
	l.comment(in)
	l.p("%s.Run(c, %s, %s, %s, %s)", plan, l.dim(x, 0), l.slice(y), l.slice(x), l.slice(factors))
}

// regionOverMaps returns the kernel of a region over maps, making it when it is new.
func (u *unit) regionOverMaps(r kernel.Region, shared []bool) *regionKernel {
	key := "maps " + fmt.Sprint(r, shared)
	if k := u.regions[key]; k != nil {
		return k
	}
	base := regionName(r)
	k := &regionKernel{task: u.top.unique(base), row: u.top.unique(base + "Row"), region: r, law: regionLaw(r), maps: true, shared: shared}
	u.regions[key] = k
	u.regSeq = append(u.regSeq, k)
	return k
}

// writeMaps emits the task type of a region over maps: a chunk is some blocks of
// channels of one image, plane by plane.
func (k *regionKernel) writeMaps(f *source) {
	f.use(pathKernel, pathBlocked)
	names, types := k.operandNames(), k.operandTypes()
	f.p("// %s computes %s elementwise, over images in blocks of channels.", k.task, k.law)
	f.p("type %s struct {", k.task)
	var params []string
	for i, name := range names {
		f.p("%s []%s", name, types[i])
		params = append(params, name+" []"+types[i])
	}
	f.p("maps *[%d]blocked.Map // of the operands, in that order", len(names))
	f.p("}")
	f.p("")
	f.p("func (t *%s) run(c *kernel.Ctx, n int, maps *[%d]blocked.Map, %s) {", k.task, len(names), strings.Join(params, ", "))
	all := strings.Join(names, ", t.")
	f.p("t.%s, t.maps = %s, maps", all, strings.Join(names, ", "))
	f.p("c.Run(n*maps[0].Parts(), %d*n*maps[0].Size(), t)", k.work())
	f.p("}")
	f.p("")
	f.p("// Chunk runs the kernel over part i of the images; it belongs to the pool.")
	f.p("func (t *%s) Chunk(_, i int) {", k.task)
	f.p("m := t.maps")
	f.p("image, first, end := m[0].Part(i)")
	f.p("rows, width := m[0].H, m[0].W*8")
	var alike []string
	for i := range names {
		if i > 0 && k.mode(i) == kernel.Vector {
			alike = append(alike, fmt.Sprintf("m[%d].Halo == m[0].Halo", i))
		}
	}
	f.p("if %s {", strings.Join(append(alike, "m[0].Plane() <= 1<<16"), " && "))
	f.p("rows, width = 1, (rows-1)*m[0].Row()+width // rows and what lies between them")
	f.p("}")
	var call, steps []string
	for i, name := range names {
		image := "image"
		switch k.mode(i) {
		case kernel.Scalar:
			call = append(call, "&t."+name+"[0]")
			continue
		case kernel.Block:
			if k.shared[i-len(k.region.Out)] {
				image = "0"
			}
			call = append(call, fmt.Sprintf("&t.%s[%s:][:8][0]", name, name))
		default:
			call = append(call, fmt.Sprintf("&t.%s[%s+h*m[%d].Row():][:width][0]", name, name, i))
		}
		f.p("%s := m[%d].At(%s, first, 0, 0)", name, i, image)
		steps = append(steps, fmt.Sprintf("%s += m[%d].Plane()", name, i))
	}
	f.p("for range end - first {")
	f.p("for h := range rows {")
	f.p("%s(width, %s)", k.row, strings.Join(call, ", "))
	f.p("}")
	for _, step := range steps {
		f.p("%s", step)
	}
	f.p("}")
	for i := range k.region.Out {
		f.p("m[%d].ZeroFrame(t.%s, image, first, end)", i, names[i])
	}
	f.p("}")
	f.p("")
}

// mode returns how the kernel steps through operand i, results first.
func (k *regionKernel) mode(i int) kernel.Mode {
	if i < len(k.region.Out) {
		return kernel.Vector
	}
	return k.region.In[i-len(k.region.Out)].Mode
}
