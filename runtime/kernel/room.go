package kernel

import (
	"fmt"
	"math"
	"runtime/debug"
	"unsafe"

	"github.com/netc-lang/netc/runtime/internal/memory"
)

// freeRoom are the bytes that a session takes unasked: every machine has them, and to ask
// takes longer than a small network to start.
const freeRoom = 64 << 20

// mostRoom are the bytes that no process has, whatever is known of the machine.
const mostRoom = 1 << 46

// RoomError says that a session takes more memory than there is.
type RoomError struct {
	Bytes, Most int64  // what it takes, and what there is
	Of          string // whose bound Most is
}

// Error tells both in units of 1000 bytes.
func (e *RoomError) Error() string {
	return fmt.Sprintf("needs %s of memory; expected at most %s, %s: take a smaller batch or smaller pictures", bytesText(e.Bytes), bytesText(e.Most), e.Of)
}

func bytesText(n int64) string {
	if n == math.MaxInt64 {
		return "more bytes than 64 bits count"
	}
	x, unit := float64(n)/1e6, "MB"
	for _, u := range []string{"GB", "TB"} {
		if x >= 1000 {
			x, unit = x/1000, u
		}
	}
	return fmt.Sprintf("%.3g %s", x, unit)
}

// Make returns n zeros for the session of c, or nil where it would have more memory than
// there is: then c.Room says so, and nothing of the session may run.
func Make[T int8 | uint8 | int32 | int64 | bool | float32](c *Ctx, n int) []T {
	var one T
	if !c.take(n, int64(unsafe.Sizeof(one))) {
		return nil
	}
	return make([]T, n)
}

// Floats is Make of floats that begin on a cache line, in pages that are mapped already, large
// ones where they are many.
func (c *Ctx) Floats(n int) []float32 {
	if !c.take(n, 4) {
		return nil
	}
	return memory.Floats(n)
}

// take counts n elements of the given bytes, and reports whether there is room for all that
// was counted.
func (c *Ctx) take(n int, each int64) bool {
	if n < 0 || int64(n) > (math.MaxInt64-c.taken)/each {
		c.taken = math.MaxInt64 // a number that overflowed comes out negative
	} else {
		c.taken += int64(n) * each
	}
	return c.lack() == nil
}

// lack returns the error of what was counted, or nil.
func (c *Ctx) lack() *RoomError {
	if c.taken <= freeRoom {
		return nil
	}
	if c.most == 0 {
		c.most, c.mostOf = room()
	}
	if c.taken <= c.most {
		return nil
	}
	return &RoomError{c.taken, c.most, c.mostOf}
}

// Bytes returns what was made for the session in all accounts that Room has ended.
func (c *Ctx) Bytes() int64 { return c.made }

// Room ends the account of what was made since it was last called.
//
// Errors: a *RoomError when that is more than the memory of the machine, of the control
// group that the process is in, or of GOMEMLIMIT, whichever is least. What else the process
// holds is not counted.
func (c *Ctx) Room() error {
	err := c.lack()
	taken := c.taken
	c.taken, c.most = 0, 0
	if err != nil {
		return err
	}
	c.made += taken
	return nil
}

// room returns the bytes that a session may take, and whose bound that is.
func room() (most int64, of string) {
	most, of = mostRoom, "what a process can address"
	if n, name := systemRoom(); n < most {
		most, of = n, name
	}
	if n := debug.SetMemoryLimit(-1); n < most {
		most, of = n, "GOMEMLIMIT"
	}
	return most, of
}
