package weights

import (
	"bytes"
	"encoding/json"
	"io"
	"math"
	"sort"
	"strconv"

	"github.com/netc-lang/netc/runtime/tensor"
)

// span is where a tensor lies, in bytes after the header.
type span struct{ begin, end int64 }

// metadataName is the one entry of the header that is no tensor.
const metadataName = "__metadata__"

// parseHeader reads the JSON object that begins a file. It works on tokens,
// because decoding into a map would let a repeated name win in silence.
func parseHeader(header []byte) (*File, []span, error) {
	f := &File{Metadata: map[string]string{}}
	var spans []span
	if len(header) == 0 || header[0] != '{' {
		return nil, nil, formatError("the header does not begin with {")
	}
	dec := json.NewDecoder(bytes.NewReader(header))
	dec.UseNumber()
	if _, err := dec.Token(); err != nil {
		return nil, nil, formatError("the header is no JSON: %v", err)
	}
	seen := map[string]bool{}
	for dec.More() {
		name, err := objectKey(dec)
		if err != nil {
			return nil, nil, err
		}
		if seen[name] {
			return nil, nil, formatError("the name %.100q occurs twice", name)
		}
		seen[name] = true
		if name == metadataName {
			if err := dec.Decode(&f.Metadata); err != nil {
				return nil, nil, formatError("%s is no object of strings: %v", metadataName, err)
			}
			if f.Metadata == nil {
				f.Metadata = map[string]string{}
			}
			continue
		}
		t, s, err := parseEntry(dec, name)
		if err != nil {
			return nil, nil, err
		}
		f.tensors, spans = append(f.tensors, t), append(spans, s)
	}
	if _, err := dec.Token(); err != nil {
		return nil, nil, formatError("the header ends early: %v", err)
	}
	if _, err := dec.Token(); err != io.EOF {
		return nil, nil, formatError("something follows the header's object")
	}
	return f, spans, nil
}

func objectKey(dec *json.Decoder) (string, error) {
	tok, err := dec.Token()
	if err != nil {
		return "", formatError("the header is no JSON: %v", err)
	}
	name, ok := tok.(string)
	if !ok {
		return "", formatError("the header holds %v where a name should be", tok)
	}
	return name, nil
}

func parseEntry(dec *json.Decoder, name string) (Tensor, span, error) {
	var e struct {
		DType   string        `json:"dtype"`
		Shape   []json.Number `json:"shape"`
		Offsets []json.Number `json:"data_offsets"`
	}
	if err := dec.Decode(&e); err != nil {
		return Tensor{}, span{}, formatError("the entry of %.100q: %v", name, err)
	}
	size, ok := elementSize[e.DType]
	if !ok {
		return Tensor{}, span{}, formatError("tensor %.100q has the unknown element type %.20q", name, e.DType)
	}
	t := Tensor{Name: name, DType: dtypes[e.DType], code: e.DType, Shape: make(tensor.Shape, len(e.Shape))}
	bytes := size
	for i, s := range e.Shape {
		d, err := strconv.ParseInt(string(s), 10, 64)
		if err != nil || d < 0 || d > math.MaxInt32 {
			return Tensor{}, span{}, formatError("axis %d of tensor %.100q has the size %.30s", i, name, s)
		}
		t.Shape[i] = int(d)
		if d != 0 && bytes > math.MaxInt64/d {
			return Tensor{}, span{}, formatError("tensor %.100q is larger than any file", name)
		}
		bytes *= d
	}
	if len(e.Offsets) != 2 {
		return Tensor{}, span{}, formatError("tensor %.100q has %d offsets, not 2", name, len(e.Offsets))
	}
	begin, err1 := strconv.ParseInt(string(e.Offsets[0]), 10, 64)
	end, err2 := strconv.ParseInt(string(e.Offsets[1]), 10, 64)
	if err1 != nil || err2 != nil || begin < 0 || end < begin {
		return Tensor{}, span{}, formatError("tensor %.100q has the offsets %.30s and %.30s", name, e.Offsets[0], e.Offsets[1])
	}
	if end-begin != bytes {
		return Tensor{}, span{}, formatError("tensor %.100q of type %s and shape %v takes %d bytes, its offsets span %d", name, e.DType, t.Shape, bytes, end-begin)
	}
	return t, span{begin, end}, nil
}

// checkSpans makes sure that the tensors fill the data part without overlap or
// gap, which also bounds what reading them allocates.
func checkSpans(ts []Tensor, spans []span, data int64) error {
	order := make([]int, len(spans))
	for i := range order {
		order[i] = i
	}
	sort.Slice(order, func(i, j int) bool {
		a, b := spans[order[i]], spans[order[j]]
		if a.begin != b.begin {
			return a.begin < b.begin
		}
		return a.end < b.end
	})
	at := int64(0)
	for _, i := range order {
		s, name := spans[i], ts[i].Name
		switch {
		case s.begin < at:
			return formatError("tensor %.100q overlaps the one before it", name)
		case s.begin > at:
			return formatError("%d bytes before tensor %.100q belong to no tensor", s.begin-at, name)
		case s.end > data:
			return formatError("tensor %.100q ends at byte %d of the data, and there are %d: the file is cut off", name, s.end, data)
		}
		at = s.end
	}
	if at != data {
		return formatError("%d bytes at the end belong to no tensor", data-at)
	}
	return nil
}
