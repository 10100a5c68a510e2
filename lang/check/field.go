package check

import (
	"fmt"

	"github.com/netc-lang/netc/ir/op"
	"github.com/netc-lang/netc/ir/sym"
	"github.com/netc-lang/netc/lang/check/vocab"
	"github.com/netc-lang/netc/lang/syntax"
	"github.com/netc-lang/netc/runtime/tensor"
)

// sample reads the types of the fields.
func (d *dataInfo) sample(f *frame, s *syntax.Sample) {
	seen := map[string]bool{}
	for _, p := range s.Fields {
		if seen[p.Name.Name] {
			f.fail(p.Name.Where, "E0110", fmt.Sprintf("`%s` is declared twice in this sample", p.Name.Name), "", "rename one of the two")
			continue
		}
		seen[p.Name.Name] = true
		x := &field{decl: p, Field: Field{Name: p.Name.Name, Span: p.Name.Where}}
		if d.fieldType(f, x, p.Type) {
			d.fields = append(d.fields, x)
			d.data.Fields = append(d.data.Fields, x.Field)
		}
	}
}

func (d *dataInfo) fieldType(f *frame, x *field, t *syntax.Type) bool {
	plain := t.Words == nil && t.Tuple == nil && t.List == nil && t.Or == nil
	name := t.Name.Name
	switch {
	case plain && name == "u8" && len(t.Dims) == 3:
		return d.pictureType(f, x, t)
	case plain && (name == "class" || name == "boxes" || name == "string"):
		f.unsupported(t.Where, "a field of type `"+typeText(t)+"`")
		return false
	case plain && name == "i32" && !t.HasDims:
		x.Type = op.Type{DType: tensor.I32} // a label that counts nothing with names
		return true
	case plain && dtypes[name]:
		if _, ok := f.tensorType(t); ok {
			f.unsupported(t.Where, "a field of type `"+typeText(t)+"`")
		}
		return false
	case plain:
		return d.labelType(f, x, t)
	}
	f.fail(t.Where, "E0219", "a field is a picture, a label, a mask or a tensor, and this is "+typeText(t), "", "")
	return false
}

// pictureType is u8[H, W, RGB]: sizes are numbers or names.
func (d *dataInfo) pictureType(f *frame, x *field, t *syntax.Type) bool {
	sizes := [2]vocab.Size{}
	x.Type = op.Type{DType: tensor.U8}
	for i, it := range t.Dims[:2] {
		if n, ok := itemName(it); ok && !f.knows(n) {
			sizes[i] = vocab.Size{Symbol: n}
			x.Type.Dims = append(x.Type.Dims, op.Dim{Size: sym.Symbol(n)})
			continue
		}
		ds, ok := f.dims(it)
		if !ok {
			return false
		}
		n, _ := ds[0].Size.IsConst()
		sizes[i] = vocab.Pixels(n)
		x.Type.Dims = append(x.Type.Dims, ds[0])
	}
	ds, ok := f.dims(t.Dims[2])
	if !ok {
		return false
	}
	set := ds[0].Set
	x.image = vocab.Image{H: sizes[0], W: sizes[1], Set: set}
	if x.image.Channels() == 0 {
		f.fail(t.Dims[2].Where, "E0505", fmt.Sprintf("the last axis of a picture is its colours, and this is %s", f.showDim(ds[0])), "", "write Gray, RGB, BGR or RGBA")
		return false
	}
	x.Type.Dims = append(x.Type.Dims, ds[0])
	x.picture = true
	return true
}

func itemName(it *syntax.Item) (string, bool) {
	if it.X == nil {
		return "", false
	}
	n, ok := it.X.(*syntax.Name)
	if !ok {
		return "", false
	}
	return n.Name, true
}

// labelType is a class name, with sizes for a mask.
func (d *dataInfo) labelType(f *frame, x *field, t *syntax.Type) bool {
	var v value
	var known bool
	if t.Member != nil {
		v = f.eval(&syntax.Member{At: t.At, X: &syntax.Name{At: t.Name.At, Name: t.Name.Name}, Name: *t.Member})
		known = true
	} else {
		v, known = f.lookup(t.Name.Name)
	}
	if !known {
		f.undefined(t.Name.Where, t.Name.Name, append(f.inScope(), sorted(dtypes)...))
		return false
	}
	s, ok := v.(size)
	if !ok || s.set == nil {
		if !isPoison(v) {
			f.fail(t.Where, "E0219", "a field is a picture, a label, a mask or a tensor, and this is "+f.kindOf(v), "", "a label has the name of an index set as its type")
		}
		return false
	}
	x.LabelSet = s.set.Name
	x.Type = op.Type{DType: tensor.I32}
	if t.HasDims {
		f.unsupported(t.Where, "a mask as a field")
		return false
	}
	return true
}
