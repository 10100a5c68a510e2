package nrt

import (
	"math"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"unsafe"
	"weak"

	"github.com/netc-lang/netc/runtime/kernel"
)

// settleAfter is the number of calls after which a model is one that is called often.
const settleAfter = 8

// settleTurns is the number of times that a move goes on, where it has the processor of the
// calls: between two of them it copies a quarter of the weights.
const settleTurns = 4

// hasSettled stands in the place of the number of calls afterwards.
const hasSettled = math.MaxInt32

// Weights of so many floats settle: fewer have no whole huge page, or hardly one, and the
// compiler does not ask for them. More gain nothing by large pages that can be measured
// (ResNet-50: they come from memory either way), and settle where they lie badly.
const settleFrom, settleMost = 2 * hugeFloats, 16 * hugeFloats

// Settling gives a model M with embedded weights large pages for them, in the background,
// when it has been called a few times: a start reads weights where they lie, calls that
// follow walk the page table less. It copies them page by page, and after each there is
// another M, which reads what has been copied from there; memory of the file that it no
// longer reads is given back, so that the weights are there once. The copy begins at a cache
// line, which the file, as Go's linker lays it, does or does not.
type Settling[M any] struct {
	calls atomic.Int32
	now   atomic.Pointer[M]
	move  func()
}

// Settle returns the settling of a model that has taken the weights p with use, as
// [EmbeddedWeights] found them in file; nil where they stay there.
func Settle[M any](file []byte, p [][]float32, o Options, use func(*M, [][]float32)) *Settling[M] {
	from := span(file, p)
	if o.SharedWeights || len(from) < settleFrom || len(from) > settleMost && !splits(from, kernel.Selected()) {
		return nil
	}
	s := &Settling[M]{}
	s.move = func() {
		settle(from, func(to []float32) {
			next := new(M)
			use(next, moved(p, from, to))
			s.now.Store(next)
		})
		s.calls.Store(hasSettled)
	}
	return s
}

// Now returns the model to take weights from for a call of m. A nil Settling has none but m.
func (s *Settling[M]) Now(m *M) *M {
	if s != nil {
		if next := s.now.Load(); next != nil {
			return next
		}
	}
	return m
}

// Called counts a call. It allocates nothing.
func (s *Settling[M]) Called() {
	if s == nil {
		return
	}
	switch n := s.calls.Load(); {
	case n < settleAfter:
		if s.calls.Add(1) == settleAfter {
			go s.move()
		}
	case n < hasSettled:
		runtime.Gosched() // where there is one processor, a turn of the move
	}
}

// splits reports whether vectors of isa that are read from x lie on two cache lines each. The
// linker aligns what a program embeds to 32 bytes, half a line. With weights that begin in the
// middle of one, products of 7 x 7 pixels take 1.08 of the time on Intel's
// processors, ResNet-50 1.03 (decision 0020).
func splits(x []float32, isa kernel.ISA) bool {
	return isa == kernel.AVX512 && uintptr(unsafe.Pointer(unsafe.SliceData(x)))%Alignment != 0
}

// span is what lies in file from the first to the last tensor of p.
func span(file []byte, p [][]float32) []float32 {
	lo, hi := len(file), 0
	for _, x := range p {
		at := uintptr(unsafe.Pointer(unsafe.SliceData(x))) - uintptr(unsafe.Pointer(unsafe.SliceData(file)))
		if at < uintptr(len(file)) { // no copy
			lo, hi = min(lo, int(at)), max(hi, int(at)+4*len(x))
		}
	}
	if lo >= hi {
		return nil
	}
	return unsafe.Slice((*float32)(unsafe.Pointer(&file[lo])), (hi-lo)/4)
}

// moved returns p with those tensors in to that lie in the part of from that to has.
func moved(p [][]float32, from, to []float32) [][]float32 {
	p = slices.Clone(p)
	for i, x := range p {
		at := (uintptr(unsafe.Pointer(unsafe.SliceData(x))) - uintptr(unsafe.Pointer(&from[0]))) / 4
		if end := at + uintptr(len(x)); at < end && end <= uintptr(len(to)) {
			p[i] = to[at:end:end]
		}
	}
	return p
}

// copies are the copies of embedded weights, by their originals: the models of a program
// share them as they share the file. Who holds the lock makes one.
var copies struct {
	sync.Mutex
	of map[*float32]weak.Pointer[float32]
}

// settle copies from to large pages, once for all models, and calls use with each longer
// part of the copy.
func settle(from []float32, use func(to []float32)) {
	copies.Lock()
	defer copies.Unlock()
	if first := copies.of[&from[0]].Value(); first != nil {
		use(unsafe.Slice(first, len(from)))
		forget(from)
		return
	}
	if !settles(from) {
		return
	}
	to := Floats(len(from) + 2*hugeFloats)
	to = to[hugeSkip(to):]
	turn := len(from)/hugeFloats/settleTurns + 1
	for at, page := 0, 1; at < len(from); page++ {
		n := copy(to[at:][:hugeFloats], from[at:])
		use(to[: at+n : at+n])
		forget(from[:at+n]) // also what a call that began with another model has read again
		if at += n; page%turn == 0 {
			runtime.Gosched()
		}
	}
	forget(from)
	if copies.of == nil {
		copies.of = map[*float32]weak.Pointer[float32]{}
	}
	copies.of[&from[0]] = weak.Make(&to[0])
}
