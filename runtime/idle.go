package nrt

import (
	"slices"
	"sync"
)

// idleBytes are what idle values hold together before those of other keys than the latest
// are given up.
const idleBytes = 256 << 20

// Idle keeps what no call uses, by key, for the next call with the same key: at most a fixed
// number, the latest ones. Where they hold much memory, such as sessions for large pictures
// that each have a size of their own, only those of the latest key stay. It is safe for
// concurrent use.
type Idle[K comparable, V any] struct {
	most  int
	end   func(V)
	lock  sync.Mutex
	list  []idle[K, V] // the latest last
	bytes int64        // of list
}

type idle[K comparable, V any] struct {
	key   K
	value V
	bytes int64
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
			q.remove(i)
			return e.value, true
		}
	}
	return value, false
}

// Put keeps value, which holds so many bytes, for a Take of key, and gives up those that have
// waited longest where there are too many.
func (q *Idle[K, V]) Put(key K, value V, bytes int64) {
	q.lock.Lock()
	q.list = append(q.list, idle[K, V]{key, value, bytes})
	q.bytes += bytes
	var gone []V
	for i := 0; i < len(q.list); {
		if len(q.list) > q.most || q.bytes > idleBytes && q.list[i].key != key {
			gone = append(gone, q.remove(i))
		} else {
			i++
		}
	}
	q.lock.Unlock()
	for _, v := range gone {
		q.end(v)
	}
}

// remove takes value i from the list.
func (q *Idle[K, V]) remove(i int) V {
	e := q.list[i]
	q.list = slices.Delete(q.list, i, i+1)
	q.bytes -= e.bytes
	return e.value
}
