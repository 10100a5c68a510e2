package blocked

import (
	"fmt"
	"testing"

	"github.com/netc-lang/netc/runtime/kernel"
)

// doubles returns the maps of double blocks between the layers of p.
func (p *Chain) doubles() int {
	count := 0
	for i := range p.stages[1:] {
		count += b2i(p.stages[i].out.Double)
	}
	return count
}

// TestDoubleBlocks: a chain that widens and filters depthwise has the same bits with double blocks
// and without, for every width, tail and window of the depthwise kernels and tiles of all sizes.
func TestDoubleBlocks(t *testing.T) {
	if !kernel.AVX512.Available() {
		t.Skip("only AVX-512 has double blocks")
	}
	const stride = 2
	r := newRand(t)
	acts := []kernel.Act{kernel.ActNone, kernel.ActRelu, kernel.ActClamp, kernel.ActLeaky, kernel.ActSilu}
	for _, k := range []int{3, 5} {
		for w := 1; w <= 30; w++ {
			wide := tileOuts * (1 + w%5)
			widen, filter := square(3+r.IntN(20), wide, w*stride, 1, 1), square(wide, wide, w*stride, k, stride)
			widen.H, filter.H, filter.Groups = stride+w%7, stride+w%7, wide
			end := kernel.Epilogue{Bias: r.IntN(3) > 0, Act: acts[r.IntN(len(acts))], Args: [2]float32{0.25, 6}}
			in, mid, out := Map{C: widen.C, H: widen.H, W: widen.W}, Map{C: wide, H: widen.H, W: widen.W, Halo: k / 2}, Map{C: wide, H: filter.P(), W: filter.Q(), Halo: w % 2}
			layers := []*Conv{
				NewConv(ConvConfig{Shape: widen, In: in, Out: mid, Epilogue: end, ISA: kernel.AVX512}),
				NewConv(ConvConfig{Shape: filter, In: mid, Out: out, Epilogue: end, ISA: kernel.AVX512}),
			}
			var weights []ChainWeights
			for _, l := range layers {
				of := ChainWeights{Packed: make([]float32, l.PackedLen())}
				l.Pack(of.Packed, random(r, l.Shape.Weights()))
				if end.Bias {
					of.Bias = random(r, wide)
				}
				weights = append(weights, of)
			}
			x := enter(in, 1, random(r, in.C*in.H*in.W))
			var results [2][]float32
			for i, halves := range []bool{true, false} {
				chain := newChain(1<<14, halves, []Link{layers[0], layers[1]})
				if got := chain.doubles() > 0; got == halves {
					t.Fatalf("%dx%d, halves %v: double blocks %v", k, k, halves, got)
				}
				results[i] = poison(make([]float32, out.Len(1)))
				perWorker, shared := chain.Need(1)
				chain.Run(threads(t, 1, perWorker, shared), 1, results[i], x, nil, weights...)
				checkFrame(t, out, results[i], 1)
			}
			wantSame(t, fmt.Sprintf("%dx%d, %d wide, %d channels, %+v", k, k, w, wide, end), results[1], results[0])
		}
	}
}
