package check

import (
	"github.com/netc-lang/netc/lang/syntax"

	"fmt"

	"github.com/netc-lang/netc/internal/diag"
	"github.com/netc-lang/netc/ir/op"
	"github.com/netc-lang/netc/ir/sym"
	"github.com/netc-lang/netc/runtime/tensor"
)

// callClassAxis finds the axis that counts classes: the one with names, else the
// last; beside labels, the one that the labels lack. With a third argument it notes which
// label counts as nothing.
func callClassAxis(f *frame, c *builtinCall) value {
	x, ok := c.tensor(0)
	if !ok {
		return poison{}
	}
	dims := x.t.Type.Dims
	if len(dims) == 0 {
		return c.fail(0, "a tensor with axes")
	}
	if len(c.args) == 1 {
		for i, d := range dims {
			if d.Set != "" {
				return whole(int64(i))
			}
		}
		return whole(int64(len(dims) - 1))
	}
	label, ok := c.tensor(1)
	if !ok {
		return poison{}
	}
	axis := -1
	for i := range dims {
		if f.lacks(dims, i, label.t.Type.Dims) && (axis < 0 || dims[axis].Set == "" && dims[i].Set != "") {
			axis = i
		}
	}
	ln, lspan := f.inputName(c.args[1])
	xn, _ := f.inputName(c.args[0])
	at := f
	if f.caller != nil && !f.caller.mod.prelude && lspan.IsValid() {
		at = f.caller
	}
	if axis < 0 || !label.t.Type.DType.Int() {
		return at.report(lspan, diag.Diagnostic{
			Code: "E0202", Message: fmt.Sprintf("`%s` has to be `%s` without its class axis, and the two are %s and %s", ln, xn, f.show(label.t.Type), f.show(x.t.Type)),
		})
	}
	if set := dims[axis].Set; label.counts != "" && set != label.counts {
		if at.section && f.c.again("counts "+label.counts+" "+set) {
			return poison{}
		}
		than := fmt.Sprintf("`%s` have a plain axis of %s", xn, dims[axis].Size)
		hint := "name the axis in the signature of the net: " + label.counts
		if set != "" {
			than = fmt.Sprintf("`%s` count %s", xn, f.c.countPhrase(set))
			hint = "the same size would not have helped: index sets match by name"
		}
		return at.report(lspan, diag.Diagnostic{
			Code: "E0205", Message: fmt.Sprintf("`%s` counts %s but %s", ln, f.c.countPhrase(label.counts), than),
			Label: label.origin, Hint: hint,
		})
	}
	if len(c.args) == 3 {
		if ignore, ok := c.int(c.args[2]); ok {
			f.ignores(c, label, dims[axis], ignore)
		}
	}
	return whole(int64(axis))
}

// inputName returns the name and the place that the user gave for an input of the
// prelude block that f elaborates.
func (f *frame) inputName(a argument) (string, diag.Span) {
	if in, ok := given(f.inputs, a.name); ok {
		if in.name != "" {
			return in.name, in.span
		}
		return a.name, in.span
	}
	return a.name, f.site
}

// lacks reports whether label is dims without axis i.
func (f *frame) lacks(dims []op.Dim, i int, label []op.Dim) bool {
	if len(label) != len(dims)-1 {
		return false
	}
	for j := range label {
		k := j
		if j >= i {
			k++
		}
		if !f.prove(dims[k].Size, label[j].Size).Proved {
			return false
		}
	}
	return true
}

func callAxes(_ *frame, c *builtinCall) value {
	t, ok := c.tensor(0)
	if !ok {
		return poison{}
	}
	out := list{}
	for i := range t.t.Type.Dims {
		out = append(out, whole(int64(i)))
	}
	return out
}

func callRank(_ *frame, c *builtinCall) value {
	t, ok := c.tensor(0)
	if !ok {
		return poison{}
	}
	return whole(int64(t.t.Type.Rank()))
}

// callPair turns k or (h, w) into a list of two.
func callPair(_ *frame, c *builtinCall) value {
	if t, ok := c.args[0].v.(tuple); ok && len(t) == 2 {
		return list(t)
	}
	if n, ok := c.args[0].v.(number); ok {
		return list{n, n}
	}
	return c.fail(0, "a number or a pair")
}

// callPadding resolves the option words of pad to [top, left, bottom, right].
func callPadding(f *frame, c *builtinCall) value {
	var v [4][2]int64 // kernel, stride, dilation and, for numbers, pad
	for i, a := range c.args[1:4] {
		es := elements(a.v)
		if len(es) != 2 {
			return c.fail(i+1, "a pair")
		}
		for j, e := range es {
			n, ok := c.int(argument{v: e, span: f.site})
			if !ok {
				return poison{}
			}
			if n < 1 || n > 1<<20 {
				name := [...]string{"k", "stride", "dilation"}[i] // of every layer with windows
				user, at, ok := f.blame(&syntax.Name{Name: name})
				if !ok {
					user, at = f, c.span
				}
				return user.fail(at, "E0214", fmt.Sprintf("`%s` is at least 1, and this is %d", name, n), "", "")
			}
			v[i][j] = n
		}
	}
	kernel, stride, dilation := v[0], v[1], v[2]
	var lo, hi [2]int64
	switch p := c.args[0].v.(type) {
	case word:
		for j := range 2 {
			switch p {
			case "half":
				lo[j] = dilation[j] * (kernel[j] - 1) / 2
				hi[j] = lo[j]
			case "same":
				total, ok := f.samePad(c, c.args[4], j, kernel[j], stride[j], dilation[j])
				if !ok {
					return poison{}
				}
				lo[j], hi[j] = total/2, total-total/2
			}
		}
	default:
		pair := callPair(f, &builtinCall{name: "pad", args: c.args[:1], f: f})
		es := elements(pair)
		if len(es) != 2 {
			return poison{}
		}
		for j, e := range es {
			n, ok := c.int(argument{v: e, span: f.site})
			if !ok {
				return poison{}
			}
			if n < 0 || n > 1<<20 {
				user, at, ok := f.blame(c.args[0].x)
				if !ok {
					user, at = f, c.span
				}
				return user.fail(at, "E0214", fmt.Sprintf("a padding cannot be %d", n), "", "")
			}
			lo[j], hi[j] = n, n
		}
	}
	return list{whole(lo[0]), whole(lo[1]), whole(hi[0]), whole(hi[1])}
}

// callAmong returns k, which counts some of n things: more of them than there are is a
// mistake, where n is known.
func callAmong(f *frame, c *builtinCall) value {
	k, ok1 := numberOf(c.args[0].v)
	n, ok2 := numberOf(c.args[1].v)
	if !ok1 || !ok2 || k.rat().Cmp(n.rat()) <= 0 {
		return c.args[0].v
	}
	user, at, ok := f.blame(c.args[0].x)
	if !ok {
		user, at = f, c.span
	}
	return user.fail(at, "E0206", fmt.Sprintf("`k` is %s, and there are only %s classes", k, n), "", "")
}

// samePad is ONNX's SAME_UPPER: ceil(size / stride) outputs, the odd pixel behind.
func (f *frame) samePad(c *builtinCall, sizes argument, j int, kernel, stride, dilation int64) (int64, bool) {
	span := dilation * (kernel - 1)
	if stride == 1 {
		return span, true
	}
	es := elements(sizes.v)
	n, ok := int64(0), false
	if len(es) == 2 {
		if v, is := numberOf(es[j]); is {
			n, ok = v.int()
		}
	}
	if !ok {
		f.fail(c.span, "E0209", "`pad=same` with a stride needs the size of the image at compile time", "", "use pad=half, or fix the size in the signature")
		return 0, false
	}
	out := (n + stride - 1) / stride
	return max((out-1)*stride+span+1-n, 0), true
}

// callVector makes a constant f32[n] of a list of numbers.
func callVector(f *frame, c *builtinCall) value {
	var vs []float64
	for _, e := range elements(c.args[0].v) {
		n, ok := numberOf(e)
		if !ok {
			return c.fail(0, "a list of numbers")
		}
		vs = append(vs, n.float())
	}
	if len(vs) == 0 {
		return c.fail(0, "a list of numbers")
	}
	t, ok := f.constant(tensor.F32, []int64{int64(len(vs))}, vs, c.span)
	if !ok {
		return poison{}
	}
	return t
}

func callIsDefault(_ *frame, c *builtinCall) value {
	i, ok := c.args[0].v.(initValue)
	if !ok {
		return c.fail(0, "an initialiser")
	}
	return i.init.kind == "default"
}

// callAxisOf resolves the option axis: the word `class`, or a position, which may
// count from the end.
func callAxisOf(f *frame, c *builtinCall) value {
	if _, ok := c.args[1].v.(word); ok {
		return callClassAxis(f, &builtinCall{name: c.name, span: c.span, args: c.args[:1], f: f})
	}
	x, ok := c.tensor(0)
	if !ok {
		return poison{}
	}
	i, ok := c.int(c.args[1])
	if !ok {
		return poison{}
	}
	rank := int64(x.t.Type.Rank())
	if i < 0 {
		i += rank
	}
	if i < 0 || i >= rank {
		return f.fail(c.span, "E0218", fmt.Sprintf("%s has no axis %s", f.show(x.t.Type), c.args[1].v.(number)), "", "")
	}
	return whole(i)
}

func callAxesOf(f *frame, c *builtinCall) value {
	if _, ok := c.args[1].v.(word); ok {
		return callAxes(f, &builtinCall{name: c.name, span: c.span, args: c.args[:1], f: f})
	}
	i := callAxisOf(f, c)
	if isPoison(i) {
		return poison{}
	}
	return list{i}
}

// callAlong counts 0..n along one axis of a shape that is 1 elsewhere.
func callAlong(f *frame, c *builtinCall) value {
	n, ok1 := c.int(c.args[0])
	axis, ok2 := c.int(c.args[1])
	rank, ok3 := c.int(c.args[2])
	if !ok1 || !ok2 || !ok3 || axis < 0 || axis >= rank || rank > 16 {
		return poison{}
	}
	shape := make([]int64, rank)
	for i := range shape {
		shape[i] = 1
	}
	shape[axis] = n
	return f.emitValue("iota", op.Attrs{"dtype": "i32", "shape": shape, "axis": axis}, c.span)
}

// callWithOne returns the shape of x with an axis of size 1 put in.
func callWithOne(_ *frame, c *builtinCall) value {
	x, ok := c.tensor(0)
	if !ok {
		return poison{}
	}
	axis, ok := c.int(c.args[1])
	dims := x.t.Type.Dims
	if !ok || axis < 0 || axis > int64(len(dims)) {
		return poison{}
	}
	out := append(pack{}, dims[:axis]...)
	out = append(out, op.Dim{Size: sym.Const(1)})
	return append(out, dims[axis:]...)
}
