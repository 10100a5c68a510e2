package tensor

import "fmt"

// DType is the type of one element.
type DType uint8

// The element types of the language. F64 exists for reference evaluation only.
const (
	Invalid DType = iota
	F32
	F16
	BF16
	F64
	I8
	U8
	I32
	I64
	Bool
)

var dtypes = [...]struct {
	name string
	size int
}{
	Invalid: {"invalid", 0},
	F32:     {"f32", 4},
	F16:     {"f16", 2},
	BF16:    {"bf16", 2},
	F64:     {"f64", 8},
	I8:      {"i8", 1},
	U8:      {"u8", 1},
	I32:     {"i32", 4},
	I64:     {"i64", 8},
	Bool:    {"bool", 1},
}

// String returns the name that .net files use, such as "f32".
func (d DType) String() string {
	if int(d) < len(dtypes) {
		return dtypes[d].name
	}
	return fmt.Sprintf("dtype(%d)", uint8(d))
}

// Size returns the bytes of one element.
func (d DType) Size() int {
	if int(d) < len(dtypes) {
		return dtypes[d].size
	}
	return 0
}

// Float reports whether d is a floating-point type.
func (d DType) Float() bool { return d >= F32 && d <= F64 }

// Int reports whether d is an integer type (bool is not).
func (d DType) Int() bool { return d >= I8 && d <= I64 }

// ParseDType returns the type that name spells; ok is false for any other word.
func ParseDType(name string) (d DType, ok bool) {
	for i, t := range dtypes {
		if i != int(Invalid) && t.name == name {
			return DType(i), true
		}
	}
	return Invalid, false
}
