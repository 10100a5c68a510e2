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
	case plain && name == "class" && !t.HasDims:
		x.Kind, x.Type = LabelField, op.Type{DType: tensor.I32} // its classes are those of the data
		return true
	case plain && name == "boxes":
		return d.boxesType(f, x, t)
	case plain && name == "string" && !t.HasDims:
		x.Kind, x.Type = TextField, op.Type{DType: tensor.I32}
		return true
	case plain && name == "i32" && !t.HasDims:
		x.Kind, x.Type = LabelField, op.Type{DType: tensor.I32} // a label that counts nothing with names
		return true
	case plain && dtypes[name]:
		return d.arrayType(f, x, t)
	case plain:
		return d.labelType(f, x, t)
	}
	f.fail(t.Where, "E0219", "a field is a picture, a label, a mask or a tensor, and this is "+typeText(t), "", "")
	return false
}

// pictureType is u8[H, W, RGB]: sizes are numbers or names.
func (d *dataInfo) pictureType(f *frame, x *field, t *syntax.Type) bool {
	sizes, dims, ok := f.pixelSizes(t.Dims[:2])
	if !ok {
		return false
	}
	x.Type = op.Type{DType: tensor.U8, Dims: dims}
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
	return true
}

// arrayType is a tensor of numbers, such as f32[10], or one number, f32.
func (d *dataInfo) arrayType(f *frame, x *field, t *syntax.Type) bool {
	typ, ok := f.tensorType(t)
	if !ok {
		return false
	}
	x.Kind, x.Type = ArrayField, typ
	if _, fixed := typ.Elems().IsConst(); fixed && typ.DType == tensor.F32 {
		return true
	}
	f.runsLater(t.Where, "a field of type `"+typeText(t)+"`", "")
	return true
}

// boxesType is boxes[C]: any number of boxes, each with one of the classes of C.
func (d *dataInfo) boxesType(f *frame, x *field, t *syntax.Type) bool {
	x.Kind, x.Type = BoxesField, op.Type{DType: tensor.F32}
	if len(t.Dims) != 1 || t.Dims[0].X == nil {
		f.fail(t.Where, "E0219", "boxes count one index set, and this is "+typeText(t), "", "write boxes[C], where `classes C = [...]` names what the boxes hold")
		return false
	}
	v := f.eval(t.Dims[0].X)
	s, ok := v.(size)
	if !ok || s.set == nil {
		if !isPoison(v) {
			f.fail(t.Dims[0].Where, "E0219", "boxes count an index set, and this is "+f.kindOf(v), "", "write `classes C = [...]` and boxes[C]")
		}
		return false
	}
	x.LabelSet = s.set.Name
	return true
}

// pixelSizes reads height and width: numbers, or names that a field binds.
func (f *frame) pixelSizes(items []*syntax.Item) (sizes [2]vocab.Size, dims []op.Dim, ok bool) {
	for i, it := range items {
		if n, ok := itemName(it); ok && !f.knows(n) {
			sizes[i] = vocab.Size{Symbol: n}
			dims = append(dims, op.Dim{Size: sym.Symbol(n)})
			continue
		}
		ds, ok := f.dims(it)
		if !ok {
			return sizes, nil, false
		}
		n, _ := ds[0].Size.IsConst()
		sizes[i] = vocab.Pixels(n)
		dims = append(dims, ds[0])
	}
	return sizes, dims, true
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
	x.Kind, x.LabelSet = LabelField, s.set.Name
	x.Type = op.Type{DType: tensor.I32}
	if t.HasDims {
		return d.maskType(f, x, t)
	}
	return true
}

// maskType is Tissue[H, W]: a label for each pixel.
func (d *dataInfo) maskType(f *frame, x *field, t *syntax.Type) bool {
	x.Kind = MaskField
	if len(t.Dims) != 2 {
		f.fail(t.Where, "E0219", "a mask has a height and a width, and this is "+typeText(t), "", fmt.Sprintf("write %s[H, W]", x.LabelSet))
		return false
	}
	sizes, dims, ok := f.pixelSizes(t.Dims)
	if !ok {
		return false
	}
	x.Type.Dims = dims
	x.image = vocab.Image{H: sizes[0], W: sizes[1], Mask: true}
	return true
}
