package parallel

import "sync/atomic"

// Shares deals the chunks of a run out to workers, a stretch of neighbours to each. A
// worker that is through with its own takes from the end of another's.
type Shares struct {
	of    []share
	epoch uint32
}

// share is what is left of one worker's stretch: epoch<<32 | first<<16 | end, in lots.
// Claims are made by compare-and-swap; the epoch keeps a worker that read an old word
// from claiming a lot of a later run. All that a claim reads is in one cache line.
type share struct {
	word atomic.Uint64
	// These are written before the word is and read only after a claim.
	chunks int
	lot    int // chunks claimed at once
	_      [line - 24]byte
}

// mostLots is the largest number of lots that a share can count.
const mostLots = 1<<16 - 1

// NewShares returns the empty shares of some workers.
func NewShares(workers int) Shares { return Shares{of: make([]share, workers)} }

// Deal deals out chunks, when all of the run before have been claimed. The first of the
// workers is served last, or another would take what is dealt for its own.
func (s *Shares) Deal(chunks int) {
	lot := (chunks-1)/mostLots + 1
	lots := (chunks-1)/lot + 1
	s.epoch++
	for w := len(s.of) - 1; w >= 0; w-- {
		first, end := uint64(lots*w/len(s.of)), uint64(lots*(w+1)/len(s.of))
		s.of[w].chunks, s.of[w].lot = chunks, lot
		s.of[w].word.Store(uint64(s.epoch)<<32 | first<<16 | end)
	}
}

// Epoch counts the runs in which a worker was dealt a share. It tells a worker whether
// there is another run, from the cache line that its claim reads first.
func (s *Shares) Epoch(worker int) uint32 { return uint32(s.of[worker].word.Load() >> 32) }

// Claim returns chunks [first, end) for a worker to do: the next of its own share, or
// else the last of another's. It is false when none are left.
func (s *Shares) Claim(worker int) (first, end int, ok bool) {
	for i := range s.of {
		w := worker + i
		if w >= len(s.of) {
			w -= len(s.of)
		}
		of := &s.of[w]
		if lot, ok := of.claim(i > 0); ok {
			return lot * of.lot, min((lot+1)*of.lot, of.chunks), true
		}
	}
	return 0, 0, false
}

// claim takes the first lot of s, or its last.
func (s *share) claim(last bool) (lot int, ok bool) {
	for {
		word := s.word.Load()
		first, end := word>>16&mostLots, word&mostLots
		if first == end {
			return 0, false
		}
		lot, next := first, word+1<<16
		if last {
			lot, next = end-1, word-1
		}
		if s.word.CompareAndSwap(word, next) {
			return int(lot), true
		}
	}
}
