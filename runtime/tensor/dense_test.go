package tensor

import (
	"testing"
	"unsafe"
)

func TestDTypes(t *testing.T) {
	for _, c := range []struct {
		d          DType
		name       string
		size       int
		float, int bool
	}{
		{F32, "f32", 4, true, false}, {F16, "f16", 2, true, false}, {BF16, "bf16", 2, true, false}, {F64, "f64", 8, true, false},
		{I8, "i8", 1, false, true}, {U8, "u8", 1, false, true}, {I32, "i32", 4, false, true}, {I64, "i64", 8, false, true},
		{Bool, "bool", 1, false, false},
	} {
		if c.d.String() != c.name || c.d.Size() != c.size || c.d.Float() != c.float || c.d.Int() != c.int {
			t.Errorf("%v: got size %d, float %v, int %v, want %+v", c.d, c.d.Size(), c.d.Float(), c.d.Int(), c)
		}
		if d, ok := ParseDType(c.name); !ok || d != c.d {
			t.Errorf("ParseDType(%s): got %v, %v", c.name, d, ok)
		}
	}
	for _, name := range []string{"", "invalid", "F32", "u16"} {
		if d, ok := ParseDType(name); ok || d != Invalid {
			t.Errorf("ParseDType(%q): got %v, want none", name, d)
		}
	}
	if got := DType(99); got.String() != "dtype(99)" || got.Size() != 0 || got.Float() || got.Int() {
		t.Errorf("got %v of size %d for a type that does not exist", got, got.Size())
	}
}

func TestShape(t *testing.T) {
	for _, c := range []struct {
		s     Shape
		elems int
	}{{nil, 1}, {Shape{}, 1}, {Shape{0, 3}, 0}, {Shape{2, 3, 4}, 24}} {
		if got := c.s.Elems(); got != c.elems {
			t.Errorf("%v: got %d elements, want %d", c.s, got, c.elems)
		}
	}
	if !(Shape{}).Equal(nil) || !(Shape{2, 3}).Equal(Shape{2, 3}) || (Shape{2, 3}).Equal(Shape{3, 2}) || (Shape{2}).Equal(Shape{2, 1}) {
		t.Error("Equal compares sizes, axis by axis")
	}
}

func TestDense(t *testing.T) {
	d := NewDense(F32, 2, 3)
	f := d.Float32s()
	f[5] = 1
	if len(f) != 6 || len(d.Data) != 24 || d.Data[23] != 0x3f {
		t.Errorf("got %d elements in %d bytes, the last % x", len(f), len(d.Data), d.Data[20:])
	}
	if p := uintptr(unsafe.Pointer(&d.Data[0])); p%8 != 0 {
		t.Errorf("the data begin at %#x, want a multiple of 8", p)
	}
	if n := NewDense(I32, 4).Int32s(); len(n) != 4 {
		t.Errorf("got %d elements, want 4", len(n))
	}
	if n := NewDense(I64, 3).Int64s(); len(n) != 3 {
		t.Errorf("got %d elements, want 3", len(n))
	}
	if n := NewDense(F32, 0).Float32s(); n != nil {
		t.Errorf("got %v, want none", n)
	}
	mustPanic(t, "another type", func() { d.Int32s() })
	odd := &Dense{DType: F32, Shape: Shape{1}, Data: d.Data[1:5]}
	mustPanic(t, "misaligned", func() { odd.Float32s() })
}
