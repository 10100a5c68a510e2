package nrt

import (
	"slices"
	"sync"
)

// Idle keeps what no call uses, by key, for the next call with the same key: at
// most a fixed number, the latest ones. It is safe for concurrent use.
type Idle[K comparable, V any] struct {
	most int
	end  func(V)
	lock sync.Mutex
	list []idle[K, V] // the latest last
}

type idle[K comparable, V any] struct {
	key   K
	value V
}

// NewIdle returns a store for most values; end is called with those that it gives
// up.
func NewIdle[K comparable, V any](most int, end func(V)) *Idle[K, V] {
	return &Idle[K, V]{most: most, end: end}
}

// Take removes and returns the latest value of key; ok is false where there is none.
func (q *Idle[K, V]) Take(key K) (value V, ok bool) {
	q.lock.Lock()
	defer q.lock.Unlock()
	for i, e := range slices.Backward(q.list) {
		if e.key == key {
			q.list = slices.Delete(q.list, i, i+1)
			return e.value, true
		}
	}
	return value, false
}

// Put keeps value for a Take of key, and gives up the value that has waited longest
// when there are too many.
func (q *Idle[K, V]) Put(key K, value V) {
	q.lock.Lock()
	q.list = append(q.list, idle[K, V]{key, value})
	var gone []idle[K, V]
	if n := len(q.list) - q.most; n > 0 {
		gone = slices.Clone(q.list[:n])
		q.list = slices.Delete(q.list, 0, n)
	}
	q.lock.Unlock()
	for _, e := range gone {
		q.end(e.value)
	}
}
