package weights

import (
	"math"
	"strconv"
	"strings"

	"github.com/netc-lang/netc/runtime/tensor"
)

// writtenHeader is parseHeader for headers of f32 tensors as Encode writes them, without
// metadata: a package with its weights compiled in reads one at every start, where a
// decoder of JSON took 0.3 ms for a hundred tensors. ok is false for any other header, also
// for wrong ones: parseHeader has the words for what is wrong. Names are parts of header.
func writtenHeader(header string) (f *File, spans []span, ok bool) {
	s := written{rest: header}
	n := min(strings.Count(header, `"dtype"`), len(header)/len(shortest))
	f = &File{Metadata: map[string]string{}, tensors: make([]Tensor, 0, n)}
	spans = make([]span, 0, n)
	s.skip("{")
	last, at := "", int64(0)
	for !s.failed {
		name := s.name()
		if len(f.tensors) > 0 {
			s.failed = s.failed || name <= last // not sorted, so perhaps there twice
		}
		s.skip(`:{"dtype":"F32","shape":[`)
		t := Tensor{Name: name, DType: tensor.F32, code: "F32", Shape: tensor.Shape{}}
		bytes := int64(4)
		for !s.next("]") {
			if len(t.Shape) > 0 {
				s.skip(",")
			}
			d := s.number()
			s.failed = s.failed || d != 0 && bytes > maxWritten/d
			bytes *= d
			if s.failed {
				return nil, nil, false
			}
			t.Shape = append(t.Shape, int(d))
		}
		s.skip(`],"data_offsets":[`)
		here := span{s.number(), 0}
		s.skip(",")
		here.end = s.number()
		s.skip("]}")
		s.failed = s.failed || here != span{at, at + bytes}
		f.tensors, spans = append(f.tensors, t), append(spans, here)
		last, at = name, here.end
		if s.next("}") {
			break
		}
		s.skip(",")
	}
	s.skip("}")
	for s.next(" ") {
		s.skip(" ")
	}
	return f, spans, !s.failed && len(s.rest) == 0
}

// shortest is an entry of such a header.
const shortest = `"":{"dtype":"F32","shape":[],"data_offsets":[0,0]}`

// maxWritten bounds the numbers of such a header: products of two stay below 2^63.
const maxWritten = math.MaxInt32

// written is a header of which something has been read.
type written struct {
	rest   string
	failed bool // something else stood there
}

// next reports whether text is next.
func (s *written) next(text string) bool {
	return strings.HasPrefix(s.rest, text)
}

// skip reads text.
func (s *written) skip(text string) {
	if !s.next(text) {
		s.failed = true
		return
	}
	s.rest = s.rest[len(text):]
}

// take reads while the byte is one of those that is reports.
func (s *written) take(is func(byte) bool) string {
	n := 0
	for n < len(s.rest) && is(s.rest[n]) {
		n++
	}
	text := s.rest[:n]
	s.rest = s.rest[n:]
	return text
}

// name reads a string without escapes that is no metadata.
func (s *written) name() string {
	s.skip(`"`)
	name := s.take(func(b byte) bool { return b >= ' ' && b < 0x7f && b != '"' && b != '\\' })
	s.skip(`"`)
	s.failed = s.failed || name == metadataName
	return name
}

// number reads digits as JSON has them, of at most maxWritten.
func (s *written) number() int64 {
	digits := s.take(func(b byte) bool { return b >= '0' && b <= '9' })
	n, err := strconv.ParseInt(digits, 10, 64)
	s.failed = s.failed || err != nil || n > maxWritten || len(digits) > 1 && digits[0] == '0'
	return n
}
