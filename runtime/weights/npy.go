package weights

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"sort"
	"strconv"
	"strings"

	"github.com/netc-lang/netc/runtime/tensor"
)

// maxNPYHeader bounds the text before the data of an array; NumPy refuses longer
// ones too.
const maxNPYHeader = 10_000

// npyTypes maps NumPy's type codes, without the mark of the byte order, to the
// spelling of safetensors.
var npyTypes = map[string]string{
	"f2": "F16", "f4": "F32", "f8": "F64", "i1": "I8", "u1": "U8", "i2": "I16", "u2": "U16",
	"i4": "I32", "u4": "U32", "i8": "I64", "u8": "U64", "b1": "BOOL",
}

// ReadNPY reads one array of NumPy's .npy format, version 1 to 3, in C order.
// Memory grows with what r really holds.
//
// Errors: ErrFormat with what was found and expected; errors of r.
//
// Source: numpy.lib.format, NEP 1.
func ReadNPY(name string, r io.Reader) (Tensor, error) {
	h, err := readNPYHeader(name, r)
	if err != nil {
		return Tensor{}, err
	}
	want := h.bytes()
	var data bytes.Buffer
	got, err := io.Copy(&data, io.LimitReader(r, want+1))
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
		return Tensor{}, fmt.Errorf("array %q: %w", name, err)
	}
	if got != want {
		return Tensor{}, formatError("array %.100q: its header announces %d bytes of data, and it has %d", name, want, got)
	}
	content := data.Bytes()
	if h.big && h.elem > 1 {
		swapBytes(content, int(h.elem))
	}
	return Tensor{
		Name: name, DType: dtypes[h.code], Shape: h.shape, code: h.code,
		raw: io.NewSectionReader(bytes.NewReader(content), 0, want),
	}, nil
}

// readNPYHeader reads what stands before the elements of an array.
func readNPYHeader(name string, r io.Reader) (h npyHeader, err error) {
	fail := func(format string, args ...any) (npyHeader, error) {
		return h, formatError("array %.100q: %s", name, fmt.Sprintf(format, args...))
	}
	var head [8]byte
	if _, err := io.ReadFull(r, head[:]); err != nil || string(head[:6]) != "\x93NUMPY" {
		return fail("it does not begin as a .npy file")
	}
	width := 4
	switch head[6] {
	case 1:
		width = 2
	case 2, 3:
	default:
		return fail("it has version %d, and 1 to 3 are known", head[6])
	}
	var size [4]byte
	if _, err := io.ReadFull(r, size[:width]); err != nil {
		return fail("it is cut off")
	}
	n := binary.LittleEndian.Uint32(size[:])
	if n > maxNPYHeader {
		return fail("its header has %d bytes", n)
	}
	text := make([]byte, n)
	if _, err := io.ReadFull(r, text); err != nil {
		return fail("it is cut off")
	}
	if h, err = parseNPYHeader(string(text)); err != nil {
		return fail("%v", err)
	}
	want := h.elem
	for _, d := range h.shape {
		if d != 0 && want > (1<<40)/int64(d) {
			return fail("it is larger than a terabyte")
		}
		want *= int64(d)
	}
	return h, nil
}

// npyHeader is the dictionary that begins a .npy file.
type npyHeader struct {
	code  string
	elem  int64
	big   bool
	shape tensor.Shape
}

// bytes is the length of the elements, which readNPYHeader has bounded.
func (h npyHeader) bytes() int64 {
	n := h.elem
	for _, d := range h.shape {
		n *= int64(d)
	}
	return n
}

// parseNPYHeader reads the dictionary, whose values are a string, a truth value
// and a tuple of whole numbers.
func parseNPYHeader(text string) (h npyHeader, err error) {
	descr, ok1 := between(text, "'descr': '", "'")
	order, ok2 := between(text, "'fortran_order': ", ",")
	dims, ok3 := between(text, "'shape': (", ")")
	if !ok1 || !ok2 || !ok3 {
		return h, fmt.Errorf("its header is no dictionary of descr, fortran_order and shape")
	}
	if order != "False" {
		return h, fmt.Errorf("its elements are in Fortran order; save it with numpy.ascontiguousarray")
	}
	code, known := npyTypes[strings.TrimLeft(descr, "<>|=")]
	if !known || len(descr) != 3 {
		return h, fmt.Errorf("its elements have the type %.20q", descr)
	}
	h.code, h.elem, h.big = code, elementSize[code], descr[0] == '>'
	for part := range strings.SplitSeq(dims, ",") {
		part = strings.TrimSpace(part)
		if part == "" { // after the last comma, as in (3,)
			continue
		}
		d, err := strconv.ParseUint(part, 10, 31)
		if err != nil {
			return h, fmt.Errorf("its shape is (%.60s)", dims)
		}
		h.shape = append(h.shape, int(d))
	}
	return h, nil
}

func between(text, before, after string) (string, bool) {
	_, rest, ok := strings.Cut(text, before)
	if !ok {
		return "", false
	}
	part, _, ok := strings.Cut(rest, after)
	return part, ok
}

// ReadNPZ reads the arrays of a NumPy archive (.npz, compressed or not) in the
// first size bytes of r, all of them at once.
//
// Errors: ErrFormat with the array and the reason; errors of r.
func ReadNPZ(r io.ReaderAt, size int64) (*File, error) {
	z, err := zip.NewReader(r, size)
	if err != nil {
		return nil, formatError("%v", err)
	}
	f := &File{Metadata: map[string]string{}}
	seen := map[string]bool{}
	for _, entry := range z.File {
		name, ok := strings.CutSuffix(entry.Name, ".npy")
		if !ok {
			return nil, formatError("the archive holds %.100q, which is no array", entry.Name)
		}
		if seen[name] {
			return nil, formatError("the name %.100q occurs twice", name)
		}
		seen[name] = true
		t, err := readEntry(name, entry)
		if err != nil {
			return nil, err
		}
		f.tensors = append(f.tensors, t)
	}
	sort.Slice(f.tensors, func(i, j int) bool { return f.tensors[i].Name < f.tensors[j].Name })
	return f, nil
}

func readEntry(name string, entry *zip.File) (Tensor, error) {
	r, err := entry.Open()
	if err != nil {
		return Tensor{}, formatError("array %.100q: %v", name, err)
	}
	defer r.Close()
	t, err := ReadNPY(name, r)
	if err != nil && !errors.Is(err, ErrFormat) { // a damaged stream or checksum
		return Tensor{}, formatError("%v", err)
	}
	return t, err
}
