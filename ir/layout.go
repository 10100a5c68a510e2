package ir

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/netc-lang/netc/ir/op"
	"github.com/netc-lang/netc/ir/sym"
	"github.com/netc-lang/netc/runtime/tensor"
)

// Layout says how the elements of a value lie in memory. It is an attribute of the
// edge and no part of the type: what a function computes does not depend on it. The
// zero value is plain, row by row.
type Layout struct {
	// Block channels lie side by side, [N, C/Block, H, W, Block], channels past the
	// last one being zeros: runtime/kernel/blocked says why. 0 is plain.
	Block int
	Halo  int // zeros on each side of the planes of a blocked value
}

// Blocked is the layout of the kernels of images: 8 channels side by side.
var Blocked = Layout{Block: 8}

// Plain reports whether elements lie row by row.
func (l Layout) Plain() bool { return l.Block == 0 }

// String returns c8 or, with a halo, c8+1; nothing for a plain layout.
func (l Layout) String() string {
	switch {
	case l.Plain():
		return ""
	case l.Halo == 0:
		return fmt.Sprintf("c%d", l.Block)
	}
	return fmt.Sprintf("c%d+%d", l.Block, l.Halo)
}

// ParseLayout reads what String writes.
func ParseLayout(s string) (Layout, error) {
	text, halo, more := strings.Cut(strings.TrimPrefix(s, "c"), "+")
	l := Layout{}
	var err1, err2 error
	l.Block, err1 = strconv.Atoi(text)
	if more {
		l.Halo, err2 = strconv.Atoi(halo)
	}
	if err1 != nil || err2 != nil || l.Block != Blocked.Block || l.Halo < 0 || l.Halo > 1<<16 || l.String() != s {
		return Layout{}, fmt.Errorf("found layout %q, expected c8 or c8+HALO", s)
	}
	return l, nil
}

// Map is the physical shape of the images of a blocked value. Their height and width may
// be known at run time only.
type Map struct {
	C    int64
	H, W sym.Expr
	Halo int64
}

// MapOf returns the physical shape that a value of type t has in layout l; ok is
// false for types that cannot be blocked: images [..., C, H, W] of f32 with known
// channels can, masks of them inside a region, and the places of the maxima of their
// windows.
func MapOf(t op.Type, l Layout) (m Map, ok bool) {
	rank := t.Rank()
	if rank != 3 && rank != 4 || t.DType != tensor.F32 && t.DType != tensor.Bool && t.DType != tensor.U8 {
		return m, false
	}
	for _, d := range t.Dims[rank-3:] {
		if n, known := d.Size.IsConst(); d.Size.Overflow() || known && (n < 1 || n > 1<<24) {
			return m, false
		}
	}
	m = Map{H: t.Dims[rank-2].Size, W: t.Dims[rank-1].Size, Halo: int64(l.Halo)}
	m.C, ok = t.Dims[rank-3].Size.IsConst()
	return m, ok
}

// Map returns the physical shape of a blocked value.
func (v *Value) Map() Map {
	m, _ := MapOf(v.Type, v.Layout)
	return m
}

// Blocks returns the channel blocks of an image.
func (m Map) Blocks() int64 { return (m.C + 7) / 8 }

// Pixels returns the pixels of an image; known is false where its size is known at run
// time only.
func (m Map) Pixels() (n int64, known bool) {
	h, ok1 := m.H.IsConst()
	w, ok2 := m.W.IsConst()
	return h * w, ok1 && ok2
}

// OnePixel reports whether an image is one pixel, whatever the sizes of a call.
func (m Map) OnePixel() bool {
	n, known := m.Pixels()
	return known && n == 1
}

// SameSize reports whether the images of m and o have one height and width.
func (m Map) SameSize(o Map) bool { return m.H.Equal(o.H) && m.W.Equal(o.W) }

// Equal reports whether images of m and o lie alike.
func (m Map) Equal(o Map) bool { return m.C == o.C && m.Halo == o.Halo && m.SameSize(o) }

// floats returns those from one channel block to the next.
func (m Map) floats() sym.Expr {
	sides := sym.Const(2 * m.Halo)
	return m.H.Add(sides).Mul(m.W.Add(sides)).Mul(sym.Const(int64(Blocked.Block)))
}

// Plane returns the bytes from one channel block to the next.
func (m Map) Plane() sym.Expr { return m.floats().Mul(sym.Const(4)) }

// Bytes returns the bytes of one image of f32.
func (m Map) Bytes() sym.Expr { return m.Plane().Mul(sym.Const(m.Blocks())) }

// Bytes returns the storage of v in its layout, halo and padding channels included.
func (v *Value) Bytes() sym.Expr {
	if v.Layout.Plain() {
		return v.Type.Bytes()
	}
	m := v.Map()
	n := m.floats().Mul(sym.Const(m.Blocks() * int64(v.Type.DType.Size())))
	if v.Type.Rank() == 4 {
		n = n.Mul(v.Type.Dims[0].Size)
	}
	return n
}

// SameBytes reports whether the relayout in only names its operand anew: images of
// one pixel whose channels fill their blocks lie alike in both layouts.
func SameBytes(in *Instr) bool {
	x, y := in.Args[0], in.Outs[0]
	if x.Layout == y.Layout {
		return true
	}
	if x.Layout.Halo != 0 || y.Layout.Halo != 0 {
		return false
	}
	m, ok := MapOf(x.Type, Blocked)
	return ok && m.OnePixel() && m.C%8 == 0
}

// IsPart reports whether the result of in is channels of its operand, where they lie:
// a slice of blocked images that begins a block, and ends one or the image.
func IsPart(in *Instr) bool {
	return in.Op.Name == "slice" && !in.Outs[0].Layout.Plain() && CutsBlocks(in)
}

// CutsBlocks reports whether the slice in, of images, takes whole blocks of channels.
func CutsBlocks(in *Instr) bool {
	x, y := in.Args[0].Type, in.Outs[0].Type
	a, ok1 := MapOf(x, Blocked)
	b, ok2 := MapOf(y, Blocked)
	axis := in.Attrs.Int("axis")
	if axis < 0 {
		axis += int64(x.Rank())
	}
	start := in.Attrs.Int("start")
	return ok1 && ok2 && x.Rank() == 4 && axis == 1 && in.Attrs.Int("step") == 1 && start%8 == 0 && (b.C%8 == 0 || start+b.C == a.C)
}

// IsView reports whether the result of in is its operand under another shape.
func IsView(in *Instr) bool {
	return in.Op.Name == "reshape" || in.Op.Name == "relayout" && SameBytes(in)
}

// IsRows reports whether in cuts neighbours along the first axis out of a parameter: they
// lie there in one piece, so that a plan may show them in place.
func IsRows(in *Instr) bool {
	if in.Op.Name != "slice" || in.Attrs.Int("axis") != 0 || in.Attrs.Int("step") > 1 {
		return false
	}
	from := in.Args[0]
	return from.Def != nil && from.Def.Op.Name == "param" && from.Layout.Plain() && in.Outs[0].Layout.Plain()
}
