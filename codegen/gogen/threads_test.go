package gogen

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/netc-lang/netc/ir/target"
)

// TestThreadsGiveTheSameBits runs networks on blocks of channels, forward and one
// training step, with 1, 2, 3 and 8 threads. The networks are large enough that their
// layers are split; machines with fewer processors than threads take turns.
func TestThreadsGiveTheSameBits(t *testing.T) {
	if testing.Short() {
		t.Skip("builds programs")
	}
	var nets []randomNet
	for _, seed := range []uint64{7, 23, 39, 55, 31, 3, 12} { // the first four are large, the fifth trains by groups of channels
		nets = append(nets, pictureNets(seed, 1)...)
	}
	w := newWorkspace(t)
	writeRandom(t, w, nets, []randomVariant{{"on", target.OnlyBlocked, 2, nil, false, ""}})
	program := w.build("./cmd/random")
	for _, isa := range []string{"avx512", "avx2"} {
		var first []byte
		for _, threads := range []int{1, 2, 3, 8} {
			env := []string{"NETC_ISA=" + isa, fmt.Sprintf("GOMAXPROCS=%d", threads)}
			out := w.runRandom(env, program, fmt.Sprint(threads), "1", "3", "7")
			if first == nil {
				first = out
			}
			if !bytes.Equal(out, first) {
				t.Errorf("%s: got other bits with %d threads than with one: %s", isa, threads, firstDifference(t, first, out))
			}
		}
	}
}
