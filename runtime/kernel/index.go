package kernel

import "fmt"

// IndexError is what Gather and ScatterAdd panic with where an index is outside its axis.
type IndexError struct{ Index, Size int }

func (e *IndexError) Error() string {
	return fmt.Sprintf("an index is outside its axis: found %d, expected 0 to %d", e.Index, e.Size-1)
}

// checkIndex panics with an *IndexError.
func checkIndex(index []int32, size int) {
	for _, k := range index {
		if uint64(uint32(k)) >= uint64(size) {
			panic(&IndexError{int(k), size})
		}
	}
}
