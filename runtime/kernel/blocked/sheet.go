package blocked

import (
	"sync"
	"unsafe"
)

// sheet is memory that small tables of plans are cut from. Tables by themselves would each
// have a span of several objects of its size, which the garbage collector counts as a whole:
// 0.2 MB for MobileNetV2, which decide whether its first answer comes after a collection.
type sheet[T any] struct {
	size int // of one, in bytes
	lock sync.Mutex
	rest []T // of the last one
}

// cut returns an empty slice with room for n elements.
func (s *sheet[T]) cut(n int) []T {
	var t T
	whole := s.size / int(unsafe.Sizeof(t))
	if n > whole {
		return make([]T, 0, n)
	}
	s.lock.Lock()
	defer s.lock.Unlock()
	if n > len(s.rest) {
		s.rest = make([]T, whole)
	}
	part := s.rest[:0:n]
	s.rest = s.rest[n:]
	return part
}
