package netc_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/netc-lang/netc"
)

// trainMain takes two steps with 1, 2, 3 and 8 threads and compares losses, weights and
// what the optimiser remembers.
const trainMain = `package main

import (
	"fmt"
	"math"
	"runtime"
	"slices"

	"example.com/zoo/model/train"

	"github.com/netc-lang/netc/runtime/data"
	fit "github.com/netc-lang/netc/runtime/train"
)

func main() {
	p := train.Program()
	var first []uint32
	for _, threads := range []int{1, 2, 3, 8} {
		runtime.GOMAXPROCS(threads)
		m, err := p.New(threads, 5)
		if err != nil {
			panic(err)
		}
		batch, err := data.RandomBatch(&p.Data, map[string][3]int{"image": SHAPE}, 5, 7)
		if err != nil {
			panic(err)
		}
		m.Init(3)
		if err := fit.Fit(m, batch, true); err != nil {
			panic(err)
		}
		var bits []uint32
		for step := range int64(2) {
			loss, _ := m.Step(batch, 1e-3, step)
			bits = append(bits, math.Float32bits(loss))
		}
		for _, s := range append(m.States(), m.Slots()...) {
			for _, v := range s.Data {
				bits = append(bits, math.Float32bits(v))
			}
		}
		m.Close()
		if first == nil {
			first = bits
		}
		if !slices.Equal(bits, first) {
			fmt.Printf("%d threads: got other bits than one\n", threads)
		}
	}
	fmt.Printf("%d numbers\n", len(first))
}
`

// TestTrainingIsTheSameOnAllThreads takes steps of the training nets of docs/bench.
func TestTrainingIsTheSameOnAllThreads(t *testing.T) {
	if testing.Short() {
		t.Skip("builds programs")
	}
	for _, row := range []struct{ name, shape, want string }{
		{"lenet5", "{1, 28, 28}", "123414 numbers\n"},
		{"mobilenet_v2_64", "{3, 64, 64}", "4507478 numbers\n"},
		{"resnet18_cifar", "{3, 32, 32}", "22357526 numbers\n"},
	} {
		t.Run(row.name, func(t *testing.T) {
			s, err := netc.Open(filepath.Join("docs", "bench", row.name, row.name+".net"), nil)
			if err != nil {
				t.Fatal(err)
			}
			p, list, err := netc.Compile(s, netc.Options{Package: "model", Weights: "seeded", Train: true})
			if err != nil || p == nil {
				t.Fatal(list, err)
			}
			if got := string(runWithModel(t, strings.Replace(trainMain, "SHAPE", row.shape, 1), p)); got != row.want {
				t.Errorf("got %q, want %q", got, row.want)
			}
		})
	}
}
