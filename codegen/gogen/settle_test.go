package gogen

import (
	"strings"
	"testing"

	"github.com/netc-lang/netc/ir"
	"github.com/netc-lang/netc/runtime/tensor"
)

// TestWeightsSettle runs a net with 16 MB of weights from two goroutines until long after
// its weights have moved, and wants the bits of the first call from each. A net of few
// weights has none of it.
func TestWeightsSettle(t *testing.T) {
	if testing.Short() {
		t.Skip("builds programs")
	}
	w := newWorkspace(t)
	for _, row := range []struct {
		name    string
		width   int
		settles bool
	}{{"small", 300, false}, {"wide", 2000, true}, {"vast", 2800, true}} {
		d := newDesign(row.name)
		d.fn("Wide.infer", "Wide", ir.Infer)
		y := d.dense("first", d.f.AddInput("x", typ(tensor.F32, "N", 256)), row.width)
		d.result("y", d.dense("second", y, row.width))
		m := plan(t, d.m)
		files, err := Package(m, Options{Package: row.name, Name: row.name, Version: "v0.0.0", Weights: encode(t, m, randomStates(m))})
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Contains(string(files[row.name+"_net.go"]), "nrt.Settle("); got != row.settles {
			t.Errorf("%s: settles is %t, want %t", row.name, got, row.settles)
		}
		w.add(row.name, files)
	}
	w.write("cmd/settle/main.go", []byte(settleProgram))
	w.run(nil, "vet", "./cmd/settle", "./wide")
	w.run(nil, "test", "./wide")
	if out := w.run(nil, "run", "./cmd/settle"); out != "settled\n" {
		t.Error(out)
	}
}

// settleProgram calls a net until its weights are no longer those of its file (where the
// system has huge pages), and 20 times more.
const settleProgram = `package main

import (
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"example.com/user/wide"
	nrt "github.com/netc-lang/netc/runtime"
)

func main() {
	m := must(wide.New(nrt.Threads(1)))
	mode, _ := os.ReadFile("/sys/kernel/mm/transparent_hugepage/enabled")
	huge := runtime.GOOS == "linux" && len(mode) > 0 && !strings.Contains(string(mode), "[never]")
	before := heap()
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			s := must(m.NewSession(1))
			defer s.Close()
			for i := range s.X() {
				s.X()[i] = float32(i%7) - 3
			}
			var first []float32
			end := time.Now().Add(time.Minute)
			for after := 0; after < 20; {
				if err := s.Run(); err != nil {
					panic(err)
				}
				y := s.Y()
				if first == nil {
					first = slices.Clone(y[0][:])
				}
				if !slices.Equal(first, y[0][:]) {
					panic("other bits than those of the first call")
				}
				if !huge || heap() > before+16<<20 || time.Now().After(end) {
					after++
				}
			}
		})
	}
	wg.Wait()
	if huge && heap() < before+16<<20 {
		panic("the weights have not moved")
	}
	runtime.KeepAlive(m)
	fmt.Println("settled")
}

func heap() uint64 {
	var s runtime.MemStats
	runtime.ReadMemStats(&s)
	return s.HeapAlloc
}

func must[T any](x T, err error) T {
	if err != nil {
		panic(err)
	}
	return x
}
`
