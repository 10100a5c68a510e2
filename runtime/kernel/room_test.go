package kernel

import (
	"errors"
	"runtime/debug"
	"strings"
	"testing"

	"github.com/netc-lang/netc/runtime/parallel"
)

// TestRoom holds that a session gets what there is memory for, and an error that tells how
// much it is otherwise.
func TestRoom(t *testing.T) {
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(200 << 20))
	c := NewCtx(parallel.New(2))
	defer c.Pool.Close()
	c.Reserve(100, 200)
	c.ReserveGroups(1000, 10)
	if x, b := c.Floats(1<<20), Make[uint8](c, 3); len(x) != 1<<20 || len(b) != 3 {
		t.Fatalf("got %d floats and %d bytes, want 1048576 and 3", len(x), len(b))
	}
	if err := c.Room(); err != nil {
		t.Fatal(err)
	}
	floats := 2*112 + 200 + 1000 + 10 + 1<<20 // scratch in lines, for two workers, and what groups have
	if got, want := c.Bytes(), int64(4*floats+3); got != want {
		t.Errorf("got %d bytes, want %d", got, want)
	}
	for name, ask := range map[string]func(){
		"floats":   func() { c.Floats(60 << 20) },
		"bytes":    func() { Make[uint8](c, 250<<20) },
		"together": func() { c.Floats(30 << 20); c.Floats(30 << 20) },
		"groups":   func() { c.ReserveGroups(60<<20, 100) },
		"workers":  func() { c.Reserve(30<<20, 100) },
		"shared":   func() { c.Reserve(100, 60<<20) },
		"overflow": func() { c.Floats(-8) },
		"both":     func() { Make[int64](c, 1<<60); c.Floats(1 << 61) },
	} {
		ask()
		c.Reserve(1000, 2000)
		c.ReserveGroups(1000, 1000) // which finds no scratch to share out
		err := c.Room()
		var lack *RoomError
		if !errors.As(err, &lack) || lack.Bytes <= lack.Most || lack.Most != 200<<20 || lack.Of != "GOMEMLIMIT" || !strings.Contains(err.Error(), "expected at most 210 MB, GOMEMLIMIT") {
			t.Errorf("%s: got %v, want that 210 MB are too little", name, err)
		}
		if err := c.Room(); err != nil {
			t.Errorf("%s: got %v of a new account, want none", name, err)
		}
	}
	c.Reserve(1000, 2000)
	if len(c.Scratch(1, 1000))+len(c.Shared(2000)) != 3000 || c.Room() != nil {
		t.Error("got no scratch after an account that lacked memory")
	}
}

// TestRoomOfTheMachine holds that what no machine has is refused without a limit of Go's.
func TestRoomOfTheMachine(t *testing.T) {
	c := NewCtx(nil)
	if x := c.Floats(1 << 45); x != nil || c.Room() == nil {
		t.Error("got 128 TiB, want an error")
	}
}
