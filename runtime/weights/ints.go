package weights

import (
	"encoding/binary"
	"fmt"
	"math"
)

// Bytes reads the elements of a tensor of bytes.
//
// Errors: another element type; errors of the reader.
func (t Tensor) Bytes() ([]byte, error) {
	if t.code != "U8" {
		return nil, fmt.Errorf("tensor %s holds %s, not bytes", t.Name, t.code)
	}
	dst := make([]byte, t.Shape.Elems())
	return dst, t.readAll(dst)
}

// intSizes are the bytes of the integer types, signed ones negative.
var intSizes = map[string]int{"U8": 1, "I8": -1, "U16": 2, "I16": -2, "U32": 4, "I32": -4, "U64": 8, "I64": -8}

// Int32s reads the elements of a tensor of whole numbers.
//
// Errors: another element type; a number that is no int32; errors of the reader.
func (t Tensor) Int32s() ([]int32, error) {
	size, ok := intSizes[t.code]
	if !ok {
		return nil, fmt.Errorf("tensor %s holds %s, not whole numbers", t.Name, t.code)
	}
	width := max(size, -size)
	raw := make([]byte, t.Shape.Elems()*width)
	if err := t.readAll(raw); err != nil {
		return nil, err
	}
	dst := make([]int32, t.Shape.Elems())
	for i := range dst {
		var word [8]byte
		copy(word[:], raw[i*width:(i+1)*width])
		v := binary.LittleEndian.Uint64(word[:])
		n := int64(v)
		if size < 0 { // the sign is the highest bit of the narrow number
			shift := 64 - 8*width
			n = int64(v<<shift) >> shift
		}
		if size > 0 && v > math.MaxInt32 || n > math.MaxInt32 || n < math.MinInt32 {
			return nil, fmt.Errorf("tensor %s: element %d is no 32-bit number", t.Name, i)
		}
		dst[i] = int32(n)
	}
	return dst, nil
}
