package blocked

import "sync/atomic"

// partsLeft counts the parts of each panel of a weight gradient that are not done. Who does
// the last part of a panel adds them all, mostly the thread that has them in its cache, and
// nobody waits for the other panels. Each count has lines of its own: the other thread's
// would come from its cache at every part.
type partsLeft []struct {
	count atomic.Int32
	_     [124]byte
}

// of returns p for so many panels of some parts each.
func (p partsLeft) of(panels, parts int) partsLeft {
	if len(p) < panels {
		p = make(partsLeft, panels)
	}
	for i := range panels {
		p[i].count.Store(int32(parts))
	}
	return p
}

// last counts a part of a panel as done and reports whether it was the last.
func (p partsLeft) last(panel int) bool { return p[panel].count.Add(-1) == 0 }
