package gogen

import (
	"fmt"
	"strings"
)

// write emits the task type: run splits the outer axes, or a flat run, over the
// workers in chunks fixed by the sizes; Chunk walks its rows.
func (k *regionKernel) write(f *source) {
	f.use(pathKernel)
	f.p("// %s computes %s elementwise.", k.task, k.law)
	f.p("type %s struct {", k.task)
	types := k.operandTypes()
	for i, name := range k.operandNames() {
		f.p("%s []%s", name, types[i])
	}
	f.p("%s int", strings.Join(k.sizeNames(), ", "))
	f.p("step int // rows of a chunk, or elements when there is one axis")
	f.p("}")
	f.p("")
	k.writeRun(f)
	k.writeChunk(f)
}

func (k *regionKernel) operandNames() []string {
	var names []string
	for i := range k.region.Out {
		names = append(names, fmt.Sprintf("y%d", i))
	}
	for i := range k.region.In {
		names = append(names, fmt.Sprintf("x%d", i))
	}
	return names
}

func (k *regionKernel) operandTypes() []string {
	var types []string
	for _, v := range k.region.Out {
		if v < len(k.region.In) {
			types = append(types, k.region.In[v].Type)
		} else {
			types = append(types, k.region.Steps[v-len(k.region.In)].Type)
		}
	}
	for _, o := range k.region.In {
		types = append(types, o.Type)
	}
	return types
}

func (k *regionKernel) sizeNames() []string {
	names := make([]string, k.axes)
	for i := range names {
		names[i] = fmt.Sprintf("d%d", i)
	}
	return names
}

func (k *regionKernel) writeRun(f *source) {
	names, types := k.operandNames(), k.operandTypes()
	var params []string
	for i := range names {
		params = append(params, names[i]+" []"+types[i])
	}
	sizes := strings.Join(k.sizeNames(), ", ")
	f.p("func (t *%s) run(c *kernel.Ctx, %s int, %s) {", k.task, sizes, strings.Join(params, ", "))
	all := strings.Join(names, ", t.")
	f.p("t.%s, t.%s = %s, %s", all, strings.Join(k.sizeNames(), ", t."), strings.Join(names, ", "), sizes)
	work := fmt.Sprintf("%d*%s", k.work(), strings.Join(k.sizeNames(), "*"))
	if k.axes == 1 {
		f.p("t.step = %d", regionGrain)
		f.p("c.Run((d0+%d)/%d, %s, t)", regionGrain-1, regionGrain, work)
	} else {
		f.p("t.step = max(1, %d/d%d)", regionGrain, k.axes-1)
		f.p("c.Run((%s+t.step-1)/t.step, %s, t)", strings.Join(k.sizeNames()[:k.axes-1], "*"), work)
	}
	f.p("}")
	f.p("")
}

// work is the cost of one element in the unit of kernel.Ctx.Run: four for a
// float touched, one for a simple operation, sixteen for a transcendental one.
func (k *regionKernel) work() int {
	n := 4 * (len(k.region.In) + len(k.region.Out))
	for _, s := range k.region.Steps {
		switch s.Op {
		case "exp", "log", "sin", "cos", "erf", "tanh", "sigmoid", "silu", "gelu", "elu", "softplus", "mish", "pow":
			n += 16
		default:
			n++
		}
	}
	return n
}

func (k *regionKernel) writeChunk(f *source) {
	outs := len(k.region.Out)
	f.p("// Chunk runs the kernel over chunk i; it belongs to the pool.")
	f.p("func (t *%s) Chunk(_, i int) {", k.task)
	call := []string{}
	if k.axes == 1 {
		f.p("lo, hi := i*t.step, min((i+1)*t.step, t.d0)")
		for j, name := range k.operandNames() {
			if j >= outs && !k.has[j-outs][0] {
				call = append(call, "&t."+name+"[0]")
				continue
			}
			call = append(call, "&t."+name+"[lo:hi][0]")
		}
		f.p("%s(hi-lo, %s)", k.row, strings.Join(call, ", "))
		f.p("}")
		f.p("")
		return
	}
	outer := k.sizeNames()[:k.axes-1]
	inner := fmt.Sprintf("t.d%d", k.axes-1)
	f.p("rows := t.%s", strings.Join(outer, "*t."))
	f.p("for row := i*t.step; row < min((i+1)*t.step, rows); row++ {")
	offsets := k.writeOffsets(f)
	for j, name := range k.operandNames() {
		scalar := j >= outs && !k.has[j-outs][k.axes-1]
		at := "row"
		if j >= outs {
			at = offsets[j-outs]
		}
		switch {
		case at == "" && scalar:
			call = append(call, "&t."+name+"[0]")
		case at == "":
			call = append(call, "&t."+name+"[:"+inner+"][0]")
		case scalar:
			call = append(call, "&t."+name+"["+at+"]")
		default:
			call = append(call, fmt.Sprintf("&t.%s[%s*%s:][:%s][0]", name, at, inner, inner))
		}
	}
	f.p("%s(%s, %s)", k.row, inner, strings.Join(call, ", "))
	f.p("}")
	f.p("}")
	f.p("")
}

// writeOffsets emits the coordinates of a row that operands with broadcast outer
// axes need, and returns for each operand the expression of its own row number,
// "" for an operand that every row shares.
func (k *regionKernel) writeOffsets(f *source) []string {
	n := k.axes - 1
	offsets := make([]string, len(k.has))
	used := make([]bool, n)
	for j, has := range k.has {
		spans := 0
		for i := range n {
			if has[i] {
				spans++
			}
		}
		switch spans {
		case 0:
			continue
		case n:
			offsets[j] = "row"
			continue
		}
		e := ""
		for i := range n {
			if !has[i] {
				continue
			}
			used[i] = true
			if e == "" {
				e = fmt.Sprintf("i%d", i)
			} else {
				e = fmt.Sprintf("(%s*t.d%d+i%d)", e, i, i)
			}
		}
		offsets[j] = e
	}
	for i := range n {
		if !used[i] {
			continue
		}
		e := "row"
		if i < n-1 {
			var below []string
			for j := i + 1; j < n; j++ {
				below = append(below, fmt.Sprintf("t.d%d", j))
			}
			e += "/(" + strings.Join(below, "*") + ")"
		}
		if i > 0 {
			e += fmt.Sprintf("%%t.d%d", i)
		}
		f.p("i%d := %s", i, e)
	}
	return offsets
}
