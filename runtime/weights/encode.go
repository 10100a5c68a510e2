package weights

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"maps"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"unsafe"

	"github.com/netc-lang/netc/runtime/internal/memory"
	"github.com/netc-lang/netc/runtime/tensor"
)

// align is what the start of the data is a multiple of, in bytes: a cache line,
// so that a mapped file serves as it lies.
const align = 64

// Array is a tensor to be written. Exactly one of Floats, Dense and Fill is set.
type Array struct {
	Name   string
	Shape  []int
	Floats []float32 // f32 elements
	Dense  *tensor.Dense
	// Fill writes f32 elements to their place in the file, which holds zeros, so that
	// nothing else need hold them. Those of several arrays may run at the same time.
	Fill func(dst []float32) error
}

var codes = func() map[tensor.DType]string {
	m := map[tensor.DType]string{}
	for code, d := range dtypes {
		m[d] = code
	}
	return m
}()

// Encode returns the safetensors file of arrays. The bytes depend on content
// alone: wide element types come first (which keeps every tensor aligned), names
// are sorted within, metadata are sorted, the header is padded with spaces to a
// multiple of 64 bytes.
//
// Errors: a name given twice or reserved, a shape of another size than the
// elements; the first error of a Fill. Cost: every element is written once, by as many
// threads as Go may use.
func Encode(arrays []Array, metadata map[string]string) ([]byte, error) {
	sorted := slices.Clone(arrays)
	slices.SortFunc(sorted, func(a, b Array) int {
		if d := b.dtype().Size() - a.dtype().Size(); d != 0 {
			return d
		}
		return bytes.Compare([]byte(a.Name), []byte(b.Name))
	})
	header, total, err := encodeHeader(sorted, metadata)
	if err != nil {
		return nil, err
	}
	file := memory.Bytes(8 + len(header) + total)
	binary.LittleEndian.PutUint64(file, uint64(len(header)))
	copy(file[8:], header)
	if err := fill(file[8+len(header):], sorted); err != nil {
		return nil, err
	}
	return file, nil
}

// fill writes the elements of arrays, one after another, to dst. A panic of one is a panic
// of the caller.
func fill(dst []byte, arrays []Array) error {
	places := make([][]byte, len(arrays))
	for i, a := range arrays {
		places[i], dst = dst[:a.size()], dst[a.size():]
	}
	var (
		next    atomic.Int64
		workers sync.WaitGroup
		errs    = make([]error, len(arrays))
		panics  = make([]any, len(arrays))
	)
	write := func(i int) {
		defer func() { panics[i] = recover() }()
		errs[i] = arrays[i].write(places[i])
	}
	for range min(runtime.GOMAXPROCS(0), len(arrays)) {
		workers.Go(func() {
			for i := int(next.Add(1)) - 1; i < len(arrays); i = int(next.Add(1)) - 1 {
				write(i)
			}
		})
	}
	workers.Wait()
	if p := cmp.Or(panics...); p != nil {
		panic(p)
	}
	return cmp.Or(errs...)
}

// write writes the elements of a to dst, its place in the file.
func (a Array) write(dst []byte) error {
	if a.Fill == nil {
		copy(dst, a.bytes())
	} else if len(dst) > 0 {
		// A cache line holds the start of the data, and only wider elements come before.
		if err := a.Fill(unsafe.Slice((*float32)(unsafe.Pointer(&dst[0])), len(dst)/4)); err != nil {
			return err
		}
	}
	if bigEndian {
		swapBytes(dst, a.dtype().Size())
	}
	return nil
}

// size returns the bytes of the elements of a.
func (a Array) size() int { return tensor.Shape(a.Shape).Elems() * a.dtype().Size() }

func (a Array) dtype() tensor.DType {
	if a.Dense != nil {
		return a.Dense.DType
	}
	return tensor.F32
}

func (a Array) bytes() []byte {
	if a.Dense != nil {
		return a.Dense.Data
	}
	if len(a.Floats) == 0 {
		return nil
	}
	return unsafe.Slice((*byte)(unsafe.Pointer(&a.Floats[0])), 4*len(a.Floats))
}

func encodeHeader(arrays []Array, metadata map[string]string) (header []byte, total int, err error) {
	var b bytes.Buffer
	b.WriteByte('{')
	if len(metadata) > 0 {
		b.WriteString(quoted(metadataName) + ":{")
		for i, k := range slices.Sorted(maps.Keys(metadata)) {
			if i > 0 {
				b.WriteByte(',')
			}
			b.WriteString(quoted(k) + ":" + quoted(metadata[k]))
		}
		b.WriteByte('}')
	}
	seen := map[string]bool{metadataName: true}
	for _, a := range arrays {
		if seen[a.Name] {
			return nil, 0, fmt.Errorf("tensor name %q is taken", a.Name)
		}
		seen[a.Name] = true
		n := a.size()
		if got := len(a.bytes()); a.Fill == nil && got != n {
			return nil, 0, fmt.Errorf("tensor %s of shape %v has %d bytes, not %d", a.Name, a.Shape, got, n)
		}
		if b.Len() > 1 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `%s:{"dtype":"%s","shape":[`, quoted(a.Name), codes[a.dtype()])
		for i, d := range a.Shape {
			if i > 0 {
				b.WriteByte(',')
			}
			fmt.Fprintf(&b, "%d", d)
		}
		fmt.Fprintf(&b, `],"data_offsets":[%d,%d]}`, total, total+n)
		total += n
	}
	b.WriteByte('}')
	for (8+b.Len())%align != 0 {
		b.WriteByte(' ')
	}
	return b.Bytes(), total, nil
}

func quoted(s string) string {
	out, err := json.Marshal(s)
	if err != nil {
		panic("weights: a string that is no JSON") // json.Marshal of a string cannot fail
	}
	return string(out)
}

// bigEndian tells whether this machine stores the high byte first; files are
// little-endian.
var bigEndian = func() bool {
	one := uint16(1)
	return *(*byte)(unsafe.Pointer(&one)) == 0
}()

func swapBytes(data []byte, size int) {
	for i := 0; i+size <= len(data); i += size {
		slices.Reverse(data[i : i+size])
	}
}
