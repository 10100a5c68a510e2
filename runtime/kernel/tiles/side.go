package tiles

import "unsafe"

// Side is work that tiles do beside their products, whose law stands in codegen/kernel/side.go.
// Distances are in bytes. Left is the vectors to be done, of which a visit does Per, Every taps
// after the one before; Runs, which Follow sets, says where they lie. Addresses that move on are
// no pointers: past the end of a slice the garbage collector would find something else.
// The distances and what ends results are the caller's, N to Bias and the words that keep registers
// the kernels'.
type Side struct {
	Left, Per, Every int
	Runs             uintptr

	N, Kind                           int
	X, S, Res, Gate, Bias             uintptr
	LeftHalf, LeftMate                int
	LeftEach, LeftPixel               int
	RightHalf, RightMate              int
	RightEach, RightPixel             int
	MEach, Pixel                      int
	YHalf, YMate                      int
	ResHalf, ResMate                  int
	GateHalf, GateMate                int
	BiasHalf                          int
	Flags                             uint64
	Lo, _                             float32
	Hi, _                             float32
	Alpha, _                          float32
	keep0, keep1, keep2, keep3, keep4 int
	keep5, keep6, keep7, keep8, keep9 int
}

// Follow makes runs what is done next. They lie in the heap and stay as they are until it is done.
func (s *Side) Follow(runs []SideRun) { s.Runs = uintptr(unsafe.Pointer(&runs[0])) }

// SideRun is vectors that follow each other: N of a kind, of X and S. Results have their
// products at X, and go to S.
type SideRun struct {
	N, Kind               int
	X, S, Res, Gate, Bias *float32
}

// Kinds of runs.
const (
	SumsLeft = iota
	SumsRight
	Results
)
