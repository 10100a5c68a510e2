// Package tiles holds the register tile that convolutions of maps and matrix
// products share: some pixels (or rows) by some vectors of outputs, summed over
// taps. The law stands at [Args]; tables say where pixels and taps lie, so that one
// kernel serves every window, stride and dilation.
//
// Begin with [Args.Run].
package tiles

import "unsafe"

// ISA is an instruction set, numbered as in the package above.
type ISA int

// The sets that have kernels.
const (
	AVX2   ISA = 1
	AVX512 ISA = 2
)

// Lanes returns the f32 lanes of a vector.
func (i ISA) Lanes() int { return 8 * int(i) }

// Outs is the outputs that lie side by side in packed weights: one AVX-512 vector,
// two of AVX2.
const Outs = 16

// MaxOuts is the most outputs of a tile.
const MaxOuts = 4 * Outs

// Args is the argument block of the kernels, whose law stands in
// codegen/kernel/direct.go:
//
//	y[i,j] = act(start[i,j] + Σ_{t<taps} Σ_{c<steps} x[pixel i + tap t + 4·c] · w[j][t][c])
//
// Distances are in bytes. X, W, Y, Bias, Res and what follows Plane are the
// caller's; Run sets the others. Gate is nil unless Flags has Gated, with which Low, High
// and Leaky do not go.
type Args struct {
	X, W, Y, Bias, Res *float32
	Pixels             *Pixel
	Tiles              int
	Taps               *int
	TapsCount, Single  int
	Wstream            int // from the weights of 16 outputs to the next
	Plane, ResPlane    int // from 8 outputs to the next in Y and Res
	Flags              uint64
	Lo, _              float32
	Hi, _              float32
	Alpha, _           float32
	Ahead              uintptr // weights of a later call, for the caches only
	AheadTaps          int     // how often a tap fetches some of them
	AheadStep          int     // from 16 outputs of them to the next
	AheadBytes         int     // that a tap goes on by, FetchBytes at most
	Gate               *float32
	GatePlane          int   // from 8 outputs to the next in Gate
	Beside             *Side // is done beside the products of maps, with AVX-512; nil: nothing

	More []Fetch // what Run fetches after what Ahead names; it leaves what it had no time for
}

// Fetch is something that a later call reads or writes, in as many streams as this one has of
// weights: each 128 bytes Taps times over, Step bytes apart.
type Fetch struct {
	At         *float32
	Step, Taps int
}

// FetchBytes is what a tap fetches of each stream, aheadLines of codegen/kernel.
const FetchBytes = 128

// Expect names the weights that the next call reads, w and as many streams as this one,
// so that they are on their way while this one computes some tiles: [Soon], [Later] or [Latest].
func (a *Args) Expect(w *float32, walk Walk, over int) {
	a.Ahead = uintptr(unsafe.Pointer(w))
	a.AheadTaps, a.AheadStep, a.AheadBytes = over*(len(walk.Taps)-walk.Single), a.Wstream, tapBytes/over
}

// tapBytes is what a tap reads of each stream of weights.
const tapBytes = 8 * 4 * Outs

// Tiles over whose time weights are fetched.
const (
	Soon   = tapBytes / FetchBytes
	Later  = 2 * Soon
	Latest = 2 * Later
)

// Flags of Args.
const (
	Residual   = 1 << iota // Res is added at the start
	Low                    // values below Lo become Lo
	High                   // values above Hi become Hi
	Leaky                  // negative values are multiplied by Alpha
	Accumulate             // sums start from Y, else from Bias
	Half                   // the last AVX-512 vector has 8 outputs only, or those of two pixels
	Gated                  // results are 0 where Gate is not between Lo and Hi
	Far                    // Res lies in memory: a tile fetches that of the next one
	FarX                   // X lies in memory, its pixels side by side: a tile fetches that of the next one
	FarY                   // Y, from which sums start, lies beyond the second cache: likewise
	Double                 // the two blocks of an AVX-512 vector lie side by side in Y, 2·Plane from the next two
)

// Pixel is a row of the pixel table: distances in bytes in X, Y, Res and Gate.
type Pixel struct{ X, Y, Res, Gate int32 }

// Walk is a way past the taps of a window: Steps steps of 4 bytes from each of some
// distances; the last Single of them are of one step.
type Walk struct {
	Steps  int
	Taps   []int
	Single int
}

// length returns the steps of w.
func (w *Walk) length() int { return (len(w.Taps)-w.Single)*w.Steps + w.Single }

// mostPixels is the most pixels of a tile by instruction set and vectors.
var mostPixels = [...][5]int{AVX2: {0, 10, 6, 4, 3}, AVX512: {0, 10, 8, 8, 6}}

// MostPixels returns the most pixels of a tile of some vectors.
func MostPixels(isa ISA, vecs int) int { return mostPixels[isa][vecs] }

// callWork is the multiply-adds of a call: about 100 us, so that the garbage
// collector need not wait.
const callWork = 6 << 20

// Run computes pixels by vecs vectors: it cuts the pixels into tiles of two
// neighbouring sizes and runs them, some tiles a call. Of two walks over the same
// taps it takes the first if there is a kernel for it.
func (a *Args) Run(isa ISA, vecs int, pixels []Pixel, walks ...Walk) {
	most := mostPixels[isa][vecs]
	count := (len(pixels) + most - 1) / most
	tall, height := len(pixels)%count, len(pixels)/count
	at := 0
	for _, run := range [2]struct{ tiles, height int }{{tall, height + 1}, {count - tall, height}} {
		walk := walks[0]
		if len(walks) > 1 && run.height < most-1 {
			walk = walks[1]
		}
		a.Taps, a.TapsCount, a.Single = &walk.Taps[0], len(walk.Taps)-walk.Single, walk.Single
		calls := max(1, callWork/(walk.length()*run.height*vecs*isa.Lanes()))
		for left := run.tiles; left > 0; left -= a.Tiles {
			a.Tiles = min(left, calls, a.next(len(walk.Taps), left))
			a.Pixels = &pixels[at]
			a.run(isa, walk.Steps, a.blocks(isa, walk.Steps, vecs, run.height), run.height)
			at += a.Tiles * run.height
		}
	}
}

// blocks returns the blocks of 8 outputs of a kernel that some vectors need. Half a vector of
// AVX-512 is left out where pixels in pairs share one; else kernels have the whole vector.
func (a *Args) blocks(isa ISA, steps, vecs, pixels int) int {
	blocks := vecs * isa.Lanes() / blockLanes
	if a.Flags&Half != 0 && steps == blockLanes && vecs > 1 && pixels > 1 {
		blocks--
	}
	return blocks
}

// blockLanes is the channels of a block.
const blockLanes = 8

// next makes Ahead the next of More where it has come to its end, and returns the tiles that
// reach the end of that.
func (a *Args) next(taps, left int) int {
	if len(a.More) == 0 {
		return left
	}
	if a.AheadTaps <= 0 {
		f := a.More[0]
		a.More = a.More[1:]
		a.Ahead, a.AheadTaps, a.AheadStep, a.AheadBytes = uintptr(unsafe.Pointer(f.At)), f.Taps, f.Step, FetchBytes
	}
	return (a.AheadTaps + taps - 1) / taps
}

// Vectors of a unit, at most. Wide ones read a pixel least often, and need few units. Slim
// ones of AVX2 read weights half as often for the same products: 6 pixels share them, not 3.
const (
	Wide = 4
	Slim = 2
)

// Units returns the number of units of at most most vectors that vecs vectors are cut into.
func Units(vecs, most int) int { return (vecs + most - 1) / most }

// Unit returns the first vector of unit i of vecs vectors, and their number. Sizes
// are even, except that two AVX2 vectors share a stream of weights, so that there
// only the last unit may have an odd number of them.
func Unit(isa ISA, vecs, most, i int) (first, size int) {
	units := Units(vecs, most)
	if isa == AVX512 {
		size, tall := vecs/units, vecs%units
		first = i*size + min(i, tall)
		if i < tall {
			size++
		}
		return first, size
	}
	first, end := most*i, min(most*i+most, vecs)
	if most == Wide && vecs%Wide == 1 && units > 1 {
		// 4 and 1 become 2 and 3.
		if i == units-1 {
			first -= 2
		} else if i == units-2 {
			end -= 2
		}
	}
	return first, end - first
}
