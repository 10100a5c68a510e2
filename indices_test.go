package netc_test

import (
	"strings"
	"testing"

	"github.com/netc-lang/netc"
)

const indicesMain = `package main

import (
	"errors"
	"fmt"
	"testing"

	nrt "github.com/netc-lang/netc/runtime"
	"github.com/netc-lang/netc/runtime/kernel"
	"example.com/zoo/model"
)

func main() {
	net, err := model.New(nrt.Threads(2))
	if err != nil {
		panic(err)
	}
	s, err := net.NewSession(2)
	if err != nil {
		panic(err)
	}
	for _, k := range []int32{100, -1, 99} {
		s.Text()[5] = k
		err := s.Run()
		if outside := new(kernel.IndexError); err != nil && !errors.As(err, &outside) {
			panic(err)
		}
		fmt.Println(err)
	}
	if n := testing.AllocsPerRun(10, func() { s.Run() }); n > 0 {
		panic("a call allocates")
	}
}
`

// TestIndicesOutside holds that a number which a table does not have is an error of Run, and
// that the session goes on.
func TestIndicesOutside(t *testing.T) {
	if testing.Short() {
		t.Skip("builds a program")
	}
	s, err := netc.Open("-", strings.NewReader(`package words

net Words : (text: i32[N, 8]) -> (y: f32[N, 4]) = text |> embedding(100, 8) |> rearrange("n t d -> n (t d)") |> dense(4)
`))
	if err != nil {
		t.Fatal(err)
	}
	p, list, err := netc.Compile(s, netc.Options{Package: "model", Weights: "seeded"})
	if err != nil || p == nil {
		t.Fatal(list, err)
	}
	want := `model: an index is outside its axis: found 100, expected 0 to 99
model: an index is outside its axis: found -1, expected 0 to 99
<nil>
`
	if got := string(runWithModel(t, indicesMain, p)); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
