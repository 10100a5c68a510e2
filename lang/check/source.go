package check

import (
	"fmt"
	"slices"
	"strings"

	"github.com/netc-lang/netc/internal/diag"
	"github.com/netc-lang/netc/lang/check/vocab"
	"github.com/netc-lang/netc/lang/syntax"
)

// fieldNames says what a field of a sample is.
var fieldNames = []struct {
	bit        vocab.Fields
	one, looks string // in messages, and in a sample
}{
	{vocab.Picture, "a picture", "image: u8[H, W, RGB]"},
	{vocab.Label, "a label", "label: class"},
	{vocab.Mask, "a mask", "truth: Tissue[H, W]"},
	{vocab.Boxes, "boxes", "truth: boxes[VOC]"},
	{vocab.Text, "a text", "text: string"},
	{vocab.Array, "an array", "x: f32[8]"},
}

// inWords lists kinds of fields: "a picture and a label".
func inWords(bits vocab.Fields) string {
	var out []string
	for _, n := range fieldNames {
		if bits&n.bit != 0 {
			out = append(out, n.one)
		}
	}
	return joinAnd(out)
}

// given compares what the records of the source hold with the sample.
func (d *dataInfo) given(f *frame, source *syntax.Let, sample *syntax.Sample) {
	row := vocab.Lookup(vocab.Source, d.data.Source.Name)
	if row == nil || row.On == 0 {
		return
	}
	var have vocab.Fields
	for _, x := range d.fields {
		bit := kinds[x.Kind]
		switch {
		case row.On&bit == 0:
			f.fail(x.Span, "E0505", fmt.Sprintf("`%s` is %s, and records of `%s` hold %s", x.Name, inWords(bit), row.Name, inWords(row.On)), "", "")
			return
		case row.One && have&bit != 0:
			f.fail(x.Span, "E0505", fmt.Sprintf("records of `%s` hold %s once, and `%s` is another", row.Name, inWords(bit), x.Name), "", "leave it out")
			return
		case row.Name == "csv" && x.Kind == ArrayField && x.Type.Rank() > 0:
			f.fail(x.Span, "E0505", fmt.Sprintf("`%s` is %s, and a column of a table holds one number", x.Name, f.show(x.Type)), "", "write `"+x.Name+": f32`, a field for each column, or read them with `npz`")
			return
		}
		have |= bit
	}
	if lacks := row.On &^ have; row.One && lacks != 0 {
		hint := ""
		for _, n := range fieldNames {
			if lacks&n.bit != 0 {
				hint = "add `" + n.looks + "` to the sample"
				break
			}
		}
		f.fail(sample.Where, "E0505", fmt.Sprintf("records of `%s` also hold %s, and the sample has none", row.Name, inWords(lacks)), "", hint)
		return
	}
	d.columns(f, source, row)
	if row.Name == "mnist" {
		if x := d.fields[slices.IndexFunc(d.fields, func(x *field) bool { return x.Kind == PictureField })]; x.image.Set != "Gray" {
			f.fail(x.Span, "E0204", fmt.Sprintf("`mnist` gives Gray images, and `%s` is %s", x.Name, f.show(x.Type)), "", "write `u8[28, 28, Gray]`")
		}
	}
}

// columns checks that the columns of a table are named for fields of the sample.
func (d *dataInfo) columns(f *frame, source *syntax.Let, row *vocab.Row) {
	if row.Rest == nil {
		return
	}
	_, _, args, _ := callOf(source.Value)
	var all []string
	for _, x := range d.fields {
		all = append(all, x.Name)
	}
	for _, a := range args {
		if a.Name == nil || slices.Contains(all, a.Name.Name) || slices.ContainsFunc(row.Args, func(x vocab.Arg) bool { return x.Name == a.Name.Name }) {
			continue
		}
		e := diag.Diagnostic{Code: "E0302", Message: fmt.Sprintf("the sample has no field `%s` that could read a column", a.Name.Name), Hint: "it has " + joinAnd(backquoted(all))}
		if near := diag.Closest(a.Name.Name, all); near != "" {
			e.Label = fmt.Sprintf("did you mean `%s`?", near)
			e.Edits = []diag.Edit{{Span: a.Name.Where, Text: near}}
		}
		f.report(a.Name.Where, e)
	}
}

// wantsLogits are the losses of the prelude that take scores before the softmax or
// sigmoid, with the one that they apply; wantsProbabilities those that take what comes
// behind it.
var (
	wantsLogits        = map[string]string{"cross_entropy": "softmax", "focal": "softmax", "dice": "softmax", "bce_logits": "sigmoid"}
	wantsProbabilities = map[string]string{"bce": "bce_logits"}
)

// activated refuses a loss of scores that have its activation already, or lack it: it
// would train, and badly.
func (f *frame) activated(c *callable, tensors []argument) bool {
	if c.block == nil || !c.mod.prelude || f.mod.prelude || len(tensors) == 0 {
		return true
	}
	x, ok := tensors[0].v.(*tensorValue)
	if !ok || x.t == nil || x.t.Def == nil {
		return true
	}
	name, made := c.block.Name.Name, x.t.Def.Op.Name
	what := tensors[0].span.Text()
	if tensors[0].name != "" {
		what = tensors[0].name
	}
	if len(what) > 40 || strings.Contains(what, "\n") {
		what = "this"
	} else {
		what = "`" + what + "`"
	}
	if applies := wantsLogits[name]; applies != "" && (made == "softmax" || made == "sigmoid") {
		label := ""
		if x.made.IsValid() && x.made != tensors[0].span {
			p := x.made.Pos()
			label = fmt.Sprintf("the %s stands at %s:%d", made, p.File, p.Line)
		}
		f.fail(tensors[0].span, "E0520", fmt.Sprintf("`%s` takes scores and applies %s itself, and %s is what a %s made", name, applies, what, made), label,
			fmt.Sprintf("leave the %s to `%s`, and take it in `predict`", made, name))
		return false
	}
	if other := wantsProbabilities[name]; other != "" && (made == "matmul" || made == "conv") {
		f.fail(tensors[0].span, "E0520", fmt.Sprintf("`%s` takes probabilities in 0..1, and %s has no sigmoid behind it", name, what), "",
			fmt.Sprintf("write `%s`, which applies the sigmoid itself", other))
		return false
	}
	return true
}
