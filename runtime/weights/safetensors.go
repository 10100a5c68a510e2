package weights

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"strings"
	"unsafe"

	"github.com/netc-lang/netc/runtime/internal/memory"
	"github.com/netc-lang/netc/runtime/tensor"
)

// ErrFormat is wrapped by every error that says a file is no valid safetensors
// file or NumPy archive; errors of the reader below come through as they are.
var ErrFormat = errors.New("not a valid safetensors file or NumPy archive")

// maxHeader bounds the JSON header, as the reference implementation does.
const maxHeader = 100_000_000

// elementSize lists the element types a file may hold, in bytes. Those without a
// place in dtypes can be listed but not read.
var elementSize = map[string]int64{
	"BOOL": 1, "U8": 1, "I8": 1, "F8_E4M3": 1, "F8_E5M2": 1,
	"I16": 2, "U16": 2, "F16": 2, "BF16": 2,
	"I32": 4, "U32": 4, "F32": 4,
	"I64": 8, "U64": 8, "F64": 8,
}

var dtypes = map[string]tensor.DType{
	"F32": tensor.F32, "F16": tensor.F16, "BF16": tensor.BF16, "F64": tensor.F64,
	"I8": tensor.I8, "U8": tensor.U8, "I32": tensor.I32, "I64": tensor.I64, "BOOL": tensor.Bool,
}

// File is the table of contents of a weights file. Tensors are read from the
// underlying reader when they are asked for; a File may be used by several
// goroutines if the reader may.
type File struct {
	// Metadata is the free text of the file, never nil.
	Metadata map[string]string

	tensors []Tensor // sorted by name
}

// Tensor is one named array of a file.
type Tensor struct {
	Name string
	// DType is Invalid for element types netc has no use for, such as F8_E4M3.
	DType tensor.DType
	Shape tensor.Shape

	code string // element type as the file spells it
	raw  *io.SectionReader
	data []byte // what raw reads, where it lies in memory
}

// Read reads the table of contents of the safetensors file in the first size
// bytes of r.
//
// Errors: ErrFormat with what was found and expected; errors of r. Cost: reads
// the header, not the tensors.
func Read(r io.ReaderAt, size int64) (*File, error) {
	var prefix [8]byte
	if size >= int64(len(prefix)) {
		if _, err := r.ReadAt(prefix[:], 0); err != nil && err != io.EOF {
			return nil, err
		}
	}
	n, err := headerSize(prefix, size)
	if err != nil {
		return nil, err
	}
	header := make([]byte, n)
	if _, err := io.ReadFull(io.NewSectionReader(r, 8, n), header); err != nil {
		return nil, err
	}
	return contents(r, size, header)
}

// View is Read for bytes that nobody writes to. It does not copy the header, whose names
// are those of the tensors.
func View(data []byte) (*File, error) {
	var prefix [8]byte
	copy(prefix[:], data)
	n, err := headerSize(prefix, int64(len(data)))
	if err != nil {
		return nil, err
	}
	f, err := contents(bytes.NewReader(data), int64(len(data)), data[8:8+n])
	if err != nil {
		return nil, err
	}
	for i := range f.tensors {
		t := &f.tensors[i]
		_, at, n := t.raw.Outer()
		t.data = data[at : at+n]
	}
	return f, nil
}

// headerSize returns the bytes of the header of a file of size bytes that begins so.
func headerSize(prefix [8]byte, size int64) (int64, error) {
	if size < int64(len(prefix)) {
		return 0, formatError("it has %d bytes, and a header needs at least 8", size)
	}
	n := binary.LittleEndian.Uint64(prefix[:])
	if n > uint64(size-8) || n > maxHeader {
		return 0, formatError("it announces a header of %d bytes and has %d bytes in all", n, size)
	}
	return int64(n), nil
}

// contents reads the header of the file in the first size bytes of r.
func contents(r io.ReaderAt, size int64, header []byte) (*File, error) {
	f, spans, ok := writtenHeader(unsafe.String(unsafe.SliceData(header), len(header))) // nobody writes to it
	if !ok {
		var err error
		if f, spans, err = parseHeader(header); err != nil {
			return nil, err
		}
	}
	begin := 8 + int64(len(header))
	if err := checkSpans(f.tensors, spans, size-begin); err != nil {
		return nil, err
	}
	for i := range f.tensors {
		f.tensors[i].raw = io.NewSectionReader(r, begin+spans[i].begin, spans[i].end-spans[i].begin)
	}
	slices.SortFunc(f.tensors, func(a, b Tensor) int { return strings.Compare(a.Name, b.Name) })
	return f, nil
}

// Load reads the safetensors file or the NumPy archive (.npz) at path, tensors
// included, so that the file may be replaced afterwards.
//
// Errors: an *os.PathError; ErrFormat with the path.
func Load(path string) (*File, error) {
	data, err := ReadFile(path)
	if err != nil {
		return nil, err
	}
	file, err := ViewAny(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return file, nil
}

// ReadFile returns the bytes of the file at path, in large pages where they are many.
//
// Errors: an *os.PathError; what is no regular file.
func ReadFile(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is not a regular file", path)
	}
	data := memory.Bytes(int(info.Size()))
	if _, err := io.ReadFull(f, data); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return data, nil
}

// ViewAny is View for a safetensors file and ReadNPZ for a NumPy archive.
func ViewAny(data []byte) (*File, error) {
	if bytes.HasPrefix(data, []byte("PK\x03\x04")) {
		return ReadNPZ(bytes.NewReader(data), int64(len(data)))
	}
	return View(data)
}

// Tensors returns all tensors, sorted by name. The slice must not be changed.
func (f *File) Tensors() []Tensor { return f.tensors }

// Lookup returns the tensor called name.
func (f *File) Lookup(name string) (Tensor, bool) {
	i, ok := slices.BinarySearchFunc(f.tensors, name, func(t Tensor, name string) int { return strings.Compare(t.Name, name) })
	if !ok {
		return Tensor{}, false
	}
	return f.tensors[i], true
}

// Type returns the element type as the file spells it, such as "BF16".
func (t Tensor) Type() string { return t.code }

// Dense reads the elements as they are.
//
// Errors: an element type without a place in netc; errors of the reader.
func (t Tensor) Dense() (*tensor.Dense, error) {
	if t.DType == tensor.Invalid {
		return nil, fmt.Errorf("tensor %s has elements of type %s, which netc does not read", t.Name, t.code)
	}
	d := tensor.NewDense(t.DType, t.Shape...)
	if err := t.readAll(d.Data); err != nil {
		return nil, err
	}
	if bigEndian && t.DType.Size() > 1 {
		swapBytes(d.Data, t.DType.Size())
	}
	return d, nil
}

// Float32s reads the elements of a floating-point tensor as float32; f16 and bf16
// widen exactly, f64 is rounded to nearest.
//
// Errors: a tensor of integers; errors of the reader.
func (t Tensor) Float32s() ([]float32, error) {
	dst := make([]float32, t.Shape.Elems())
	return dst, t.ReadFloat32s(dst)
}

// ReadFloat32s is Float32s into dst, which must have one element for each of the
// tensor's.
func (t Tensor) ReadFloat32s(dst []float32) error {
	if !t.DType.Float() {
		return fmt.Errorf("tensor %s holds %s, not floating-point numbers", t.Name, t.code)
	}
	if len(dst) != t.Shape.Elems() {
		panic("weights: destination of another length than the tensor")
	}
	if t.DType == tensor.F32 && !bigEndian {
		return t.readAll(Array{Floats: dst}.bytes())
	}
	// Converted piece by piece: a second copy of a large tensor is not needed.
	size := t.DType.Size()
	buf := make([]byte, min(len(dst)*size, 1<<16))
	for done := 0; done < len(dst); {
		part := buf[:min(len(buf), (len(dst)-done)*size)]
		if _, err := t.raw.ReadAt(part, int64(done*size)); err != nil && err != io.EOF {
			return fmt.Errorf("tensor %s: %w", t.Name, err)
		}
		n := len(part) / size
		widen(dst[done:done+n], part, t.DType)
		done += n
	}
	return nil
}

// InPlace returns the elements of an f32 tensor where they lie in memory, and nobody may
// write to them; ok is false where they must be read: from a file that was not given to
// [View], other element types, an address that is no multiple of 32, a machine that stores
// the high byte first.
func (t Tensor) InPlace() (floats []float32, ok bool) {
	if t.DType != tensor.F32 || bigEndian || len(t.data) == 0 {
		return nil, false
	}
	p := unsafe.Pointer(&t.data[0])
	if uintptr(p)%32 != 0 {
		return nil, false
	}
	return unsafe.Slice((*float32)(p), len(t.data)/4), true
}

func (t Tensor) readAll(dst []byte) error {
	if n, err := t.raw.ReadAt(dst, 0); err != nil && (err != io.EOF || n != len(dst)) {
		return fmt.Errorf("tensor %s: %w", t.Name, err)
	}
	return nil
}

// widen decodes little-endian floats of type d.
func widen(dst []float32, src []byte, d tensor.DType) {
	le := binary.LittleEndian
	switch d {
	case tensor.F32:
		for i := range dst {
			dst[i] = math.Float32frombits(le.Uint32(src[4*i:]))
		}
	case tensor.F64:
		for i := range dst {
			dst[i] = float32(math.Float64frombits(le.Uint64(src[8*i:])))
		}
	case tensor.BF16:
		for i := range dst {
			dst[i] = math.Float32frombits(uint32(le.Uint16(src[2*i:])) << 16)
		}
	case tensor.F16:
		for i := range dst {
			dst[i] = halfToFloat32(le.Uint16(src[2*i:]))
		}
	}
}

// halfToFloat32 widens IEEE 754 binary16 exactly; NaN payloads keep their upper
// bits.
func halfToFloat32(h uint16) float32 {
	sign, exp, frac := uint32(h>>15)<<31, uint32(h>>10&0x1f), uint32(h&0x3ff)
	switch exp {
	case 0: // zero and subnormals: frac * 2^-24
		v := float32(frac) * (1.0 / (1 << 24))
		return math.Float32frombits(math.Float32bits(v) | sign)
	case 0x1f:
		return math.Float32frombits(sign | 0x7f800000 | frac<<13)
	}
	return math.Float32frombits(sign | (exp+112)<<23 | frac<<13)
}

func formatError(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrFormat, fmt.Sprintf(format, args...))
}
