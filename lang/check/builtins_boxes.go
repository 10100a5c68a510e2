package check

import (
	"fmt"
	"math"

	"github.com/netc-lang/netc/internal/diag"
	"github.com/netc-lang/netc/ir/op"
	"github.com/netc-lang/netc/ir/sym"
	"github.com/netc-lang/netc/runtime/tensor"
)

// maxPriors bounds the rows of anchors: real detectors have up to 100,000.
const maxPriors = 1 << 18

// callAnchors makes prior boxes as SSD and its kin lay them: a grid of cells for
// each stride, in each cell a box of every size and ratio around its middle.
func callAnchors(f *frame, c *builtinCall) value {
	given := map[string][]float64{}
	for _, name := range []string{"image", "strides", "sizes", "ratios"} {
		a, ok := c.named[name]
		if !ok {
			return f.fail(c.span, "E0303", fmt.Sprintf("`anchors` also needs `%s`", name), "", "it is written `"+builtins["anchors"].usage+"`")
		}
		numbers, ok := positiveNumbers(a.v)
		if !ok {
			return f.fail(a.span, "E0305", fmt.Sprintf("`anchors` wants `%s` to be positive numbers, and this is %s", name, f.kindOf(a.v)), "", "")
		}
		given[name] = numbers
	}
	image, strides, sizes, ratios := given["image"], given["strides"], given["sizes"], given["ratios"]
	switch {
	case len(image) > 2:
		return f.fail(c.named["image"].span, "E0305", "`anchors` wants `image` to be a size, or (height, width)", "", "")
	case len(sizes) != len(strides):
		return f.fail(c.named["sizes"].span, "E0305", fmt.Sprintf("`anchors` wants one size for each stride, and there are %d for %d", len(sizes), len(strides)), "", "")
	}
	height, width := image[0], image[len(image)-1]
	out := &array{}
	for level, stride := range strides {
		rows, columns := math.Ceil(height/stride), math.Ceil(width/stride)
		if rows*columns*float64(len(ratios))+float64(len(out.data)/4) > maxPriors {
			return f.fail(c.span, "E0602", fmt.Sprintf("there are at most %s prior boxes", grouped(maxPriors)), "", "")
		}
		for y := range int(rows) {
			for x := range int(columns) {
				for _, r := range ratios {
					out.data = append(out.data, (float64(x)+0.5)/columns, (float64(y)+0.5)/rows, sizes[level]*math.Sqrt(r), sizes[level]/math.Sqrt(r))
				}
			}
		}
	}
	out.shape = []int64{int64(len(out.data) / 4), 4}
	return out
}

func positiveNumbers(v value) ([]float64, bool) {
	es := elements(v)
	if es == nil {
		es = []value{v}
	}
	var out []float64
	for _, e := range es {
		n, ok := numberOf(e)
		if !ok || n.sign() <= 0 {
			return nil, false
		}
		out = append(out, n.float())
	}
	return out, len(out) > 0
}

// unit reads a named number of 0..1.
func (c *builtinCall) unit(name string, missing float64) (float64, bool) {
	a, ok := c.named[name]
	if !ok {
		return missing, true
	}
	n, ok := numberOf(a.v)
	if x := n.float(); ok && x >= 0 && x <= 1 {
		return x, true
	}
	c.f.fail(a.span, "E0305", fmt.Sprintf("`%s` wants `%s` to be a number in 0..1, and this is %s", c.name, name, c.f.kindOf(a.v)), "", "")
	return 0, false
}

// priors checks that an argument is a table of boxes.
func (c *builtinCall) priors(i int) (*array, bool) {
	a, ok := c.args[i].v.(*array)
	if !ok || len(a.shape) != 2 || a.shape[1] != 4 {
		c.fail(i, "prior boxes, as `anchors` makes them")
		return nil, false
	}
	return a, true
}

// callMatch makes what the loader computes the inputs of the graph.
func callMatch(f *frame, c *builtinCall) value {
	boxes, ok := c.args[0].v.(boxesValue)
	if !ok {
		return c.fail(0, "boxes of the data")
	}
	priors, ok := c.priors(1)
	iou, good := c.unit("iou", 0.5)
	if !ok || !good {
		return poison{}
	}
	set := f.c.setNamed(boxes.x.LabelSet)
	if set == nil || f.g == nil {
		return poison{}
	}
	t := Target{Name: boxes.x.Name, Field: boxes.x.Name, Priors: priors.data, IoU: iou, Classes: len(set.Labels)}
	if k := len(f.g.targets); k > 0 {
		t.Name = fmt.Sprintf("%s_%d", t.Name, k+1)
	}
	f.g.targets = append(f.g.targets, t)
	dims := []op.Dim{{Size: sym.Symbol("N")}, {Size: sym.Const(priors.shape[0])}}
	input := func(name string, d tensor.DType, dims ...op.Dim) *tensorValue {
		in := &Tensor{Name: t.Name + "." + name, Type: op.Type{DType: d, Dims: dims}}
		f.g.graph.Inputs = append(f.g.graph.Inputs, in)
		return &tensorValue{t: in, made: c.span, stage: "match"}
	}
	out := &targetValue{
		cls: input("cls", tensor.I32, dims...),
		box: input("box", tensor.F32, append(dims[:2:2], op.Dim{Size: sym.Const(4)})...),
	}
	background, ok := f.constant(tensor.I32, nil, []float64{float64(t.Classes)}, c.span)
	if !ok {
		return poison{}
	}
	pos, ok := f.emitValue("lt", nil, c.span, out.cls, background).(*tensorValue)
	if !ok {
		return poison{}
	}
	out.pos, out.cls.pos, out.box.pos = pos, pos, pos
	return out
}

// callPositives gives 1 for what is about a box and 0 for the background; 1 for every
// element of a loss whose truth does not come from match.
func callPositives(f *frame, c *builtinCall) value {
	t, ok := c.tensor(0)
	loss, also := c.tensor(1)
	if !ok || !also {
		return poison{}
	}
	if t.pos != nil {
		return f.emitValue("cast", op.Attrs{"to": "f32"}, c.span, t.pos)
	}
	one, ok := f.constant(tensor.F32, nil, []float64{1}, c.span)
	if !ok {
		return poison{}
	}
	return f.emitValue("broadcast", op.Attrs{"shape": append([]op.Dim{}, loss.t.Type.Dims...)}, c.span, one)
}

// callMatched tells whether a tensor is what match found.
func callMatched(_ *frame, c *builtinCall) value {
	t, ok := c.tensor(0)
	return ok && t.pos != nil
}

// callNMS types the boxes and scores that a predict section keeps.
func callNMS(f *frame, c *builtinCall) value {
	boxes, ok1 := c.tensor(0)
	scores, ok2 := c.tensor(1)
	out := &detections{boxes: boxes, scores: scores, nms: NMS{Max: 100}}
	var ok3, ok4 bool
	out.nms.Score, ok3 = c.unit("score", 0.05)
	out.nms.IoU, ok4 = c.unit("iou", 0.5)
	if !ok1 || !ok2 || !ok3 || !ok4 {
		return poison{}
	}
	if a, ok := c.named["max"]; ok {
		n, ok := c.int(a)
		if !ok {
			return poison{}
		}
		if n < 1 || n > 1<<16 {
			return f.fail(a.span, "E0305", fmt.Sprintf("`nms` keeps 1 to %s boxes, and not %d", grouped(1<<16), n), "", "")
		}
		out.nms.Max = int(n)
	}
	b, s := boxes.t.Type, scores.t.Type
	if b.DType != tensor.F32 || b.Rank() != 3 || !b.Dims[2].Size.Equal(sym.Const(4)) {
		return f.fail(c.args[0].span, "E0202", "`nms` wants boxes f32[N, P, 4], and this is "+f.show(b), "", "write decode(box, Priors)")
	}
	if s.DType != tensor.F32 || s.Rank() != 3 || !f.prove(s.Dims[1].Size, b.Dims[1].Size).Proved {
		return f.fail(c.args[1].span, "E0202", fmt.Sprintf("`nms` wants scores f32[N, %s, K] for these boxes, and this is %s", f.showDim(b.Dims[1]), f.show(s)), "", "")
	}
	return f.classesOfBoxes(c, out)
}

// classesOfBoxes finds what the scores count: the set of their axis, or that of the
// boxes of the data, with a class more for the background.
func (f *frame) classesOfBoxes(c *builtinCall, out *detections) value {
	axis := out.scores.t.Type.Dims[2]
	if axis.Set != "" {
		out.set = axis.Set
		return out
	}
	k, known := axis.Size.IsConst()
	if !known {
		return f.fail(c.args[1].span, "E0209", "`nms` needs the number of classes at compile time", "", "")
	}
	if f.boxes == "" {
		return out
	}
	set := f.c.setNamed(f.boxes)
	switch int64(len(set.Labels)) {
	case k:
	case k - 1:
		out.nms.Background = true
	default:
		return f.report(c.args[1].span, diag.Diagnostic{
			Code: "E0205", Message: fmt.Sprintf("the scores have %d classes, and the boxes of the data count %s", k, f.c.countPhrase(f.boxes)),
			Hint: fmt.Sprintf("give the net %s classes, or %s + 1 with one for the background", f.boxes, f.boxes),
		})
	}
	out.set = f.boxes
	return out
}
