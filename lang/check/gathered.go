package check

import (
	"fmt"

	"github.com/netc-lang/netc/internal/diag"
	"github.com/netc-lang/netc/ir/op"
	"github.com/netc-lang/netc/lang/check/vocab"
)

// probabilities returns scores of classes as numbers that add up to 1, so that those of
// different samples can be compared: what a softmax or a sigmoid made stays as it is.
func (f *frame) probabilities(r *vocab.Resolved, scores, label argument, at diag.Span) argument {
	axis, ok := f.classAxisOf(r, scores, label, at).(number)
	if !ok {
		return argument{v: poison{}, span: scores.span}
	}
	k, _ := axis.int()
	scores.v = f.softened(scores.v.(*tensorValue), k, at)
	return scores
}

// softened is the softmax of what no softmax or sigmoid has made.
func (f *frame) softened(x *tensorValue, axis int64, at diag.Span) value {
	if d := x.t.Def; d != nil && (d.Op.Name == "softmax" || d.Op.Name == "sigmoid") {
		return x
	}
	return f.emitValue("softmax", op.Attrs{"axis": axis}, at, x)
}

// floats returns labels as the numbers that a metric gathers.
func (f *frame) floats(x *tensorValue, at diag.Span) value {
	return f.emitValue("cast", op.Attrs{"to": "f32"}, at, x)
}

// partsOf returns the tensors that a metric gathers, nil when one has failed.
func partsOf(values ...value) []*tensorValue {
	var out []*tensorValue
	for _, v := range values {
		t, ok := v.(*tensorValue)
		if !ok {
			return nil
		}
		out = append(out, t)
	}
	return out
}

// aucParts are the probabilities of the classes, and the label.
func (f *frame) aucParts(r *vocab.Resolved, given map[string]argument, at diag.Span) ([]*tensorValue, map[string]any) {
	label := given["label"].v.(*tensorValue)
	if label.t.Type.Rank() != 1 {
		f.fail(given["label"].span, "E0202", "`auc` compares records, and this has more labels for each: "+f.show(label.t.Type), "", "for pixels, `mean_iou` or `f1` says more")
		return nil, nil
	}
	return partsOf(f.probabilities(r, given["logits"], given["label"], at).v, f.floats(label, at)), nil
}

// pairParts are the points and their classes.
func (f *frame) pairParts(r *vocab.Resolved, given map[string]argument, at diag.Span) ([]*tensorValue, map[string]any) {
	x := given["x"].v.(*tensorValue)
	return partsOf(x, f.floats(given["id"].v.(*tensorValue), at)), map[string]any{"far": r.Args["far"]}
}

// boxParts are boxes with the probabilities of their classes.
func (f *frame) boxParts(r *vocab.Resolved, given map[string]argument, at diag.Span) ([]*tensorValue, map[string]any) {
	boxes, scores := given["boxes"].v.(*tensorValue), given["scores"].v.(*tensorValue)
	truth := given["truth"].v.(boxesValue)
	b, s := boxes.t.Type, scores.t.Type
	if !f.prove(s.Dims[1].Size, b.Dims[1].Size).Proved {
		f.fail(given["scores"].span, "E0202", fmt.Sprintf("`mean_ap` wants scores f32[N, %s, K] for these boxes, and this is %s", f.showDim(b.Dims[1]), f.show(s)), "", "")
		return nil, nil
	}
	background, ok := f.scored(given["scores"], s.Dims[2], truth.x.LabelSet)
	if !ok {
		return nil, nil
	}
	args := map[string]any{"iou": r.Args["iou"], "boxes": truth.x.Name, "background": background}
	return partsOf(boxes, f.softened(scores, 2, at)), args
}

// scored compares the class axis of scores with what the boxes of the data count: the
// same, or a class more for the background.
func (f *frame) scored(scores argument, axis op.Dim, set string) (background, ok bool) {
	k, known := axis.Size.IsConst()
	if !known {
		f.fail(scores.span, "E0209", "the number of classes has to be known at compile time", "", "")
		return false, false
	}
	n := int64(len(f.c.setNamed(set).Labels))
	if axis.Set == set || axis.Set == "" && (k == n || k == n+1) {
		return k == n+1, true
	}
	what := fmt.Sprintf("have %d classes", k)
	if axis.Set != "" {
		what = "count " + f.c.countPhrase(axis.Set)
	}
	f.report(scores.span, diag.Diagnostic{
		Code: "E0205", Message: fmt.Sprintf("the scores %s, and the boxes of the data count %s", what, f.c.countPhrase(set)),
		Hint: fmt.Sprintf("give the net %s classes, or %s + 1 with one for the background", set, set),
	})
	return false, false
}
