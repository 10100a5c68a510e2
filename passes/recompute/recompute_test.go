package recompute_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/netc-lang/netc/ir"
	"github.com/netc-lang/netc/ir/kernels"
	"github.com/netc-lang/netc/ir/target"
	"github.com/netc-lang/netc/ir/text"
	"github.com/netc-lang/netc/passes"
	"github.com/netc-lang/netc/passes/passtest"
	"github.com/netc-lang/netc/passes/recompute"
)

// limited is random network seed whose training may take so many bytes, 0 for any.
func limited(seed uint64, limit int64) *ir.Module {
	m := passtest.Pictures("Net", seed)
	t := *m.Trains[0]
	t.Batch, t.Memory = 4, limit
	m.Trains = []*ir.Train{&t}
	return m
}

func plan(m *ir.Module) error { return planOn(m, false) }

// planOn plans m for any machine or, with blocked, with all images in blocks of channels and
// in groups, where kernels need room of their own.
func planOn(m *ir.Module, blocked bool) error {
	machine := target.Default(target.AVX2)
	if blocked {
		machine.Layouts, machine.Group = target.OnlyBlocked, 2
	}
	return passes.Run(m, machine, passes.Options{Verify: true})
}

// taken is what the arena of the step of m and its kernels take for its batch.
func taken(t *testing.T, m *ir.Module) int64 {
	t.Helper()
	l, err := m.Func(m.Trains[0].Loss).At(map[string]int64{"N": int64(m.Trains[0].Batch)})
	if err != nil {
		t.Fatal(err)
	}
	return l.Arena + kernels.RoomOf(m.Func(m.Trains[0].Loss), int64(m.Trains[0].Batch)).Bytes(kernels.Threads)
}

// TestLimitsAreKept limits random networks as far as goes, and half way: each step fits,
// and computes the same bits as without a limit.
func TestLimitsAreKept(t *testing.T) {
	lowered, repeated := 0, 0
	for seed := range uint64(12) {
		blocked := seed%2 == 1
		free := limited(seed, 0)
		if err := planOn(free, blocked); err != nil {
			t.Fatal(err)
		}
		full := taken(t, free)
		var little *recompute.TooLittle
		if err := planOn(limited(seed, 1), blocked); !errors.As(err, &little) {
			t.Fatalf("net %d: got %v for a limit of one byte, want what it takes at least", seed, err)
		}
		if little.Least > full || little.Least < full/20 {
			t.Errorf("net %d: got at least %d bytes, with %d without a limit", seed, little.Least, full)
		}
		if little.Least < full {
			lowered++
		}
		want, err := passtest.Call(free, free.Func(free.Trains[0].Loss), 4, seed)
		if err != nil {
			t.Fatal(err)
		}
		for _, limit := range []int64{little.Least, (little.Least + full) / 2} {
			m := limited(seed, limit)
			if err := planOn(m, blocked); err != nil {
				t.Errorf("net %d: got %v for a limit of %d, which is %d or more", seed, err, limit, little.Least)
				continue
			}
			if got := taken(t, m); got > limit {
				t.Errorf("net %d: got %d bytes for a limit of %d", seed, got, limit)
			}
			step := m.Func(m.Trains[0].Loss)
			repeated += len(step.Instrs) - len(free.Func(step.Name).Instrs)
			got, err := passtest.Call(m, step, 4, seed)
			if err != nil {
				t.Fatal(err)
			}
			if err := passtest.Same(got, want, 0); err != nil {
				t.Errorf("net %d, limit %d of %d bytes: %v", seed, limit, full, err)
			}
		}
		if err := planOn(limited(seed, little.Least*3/4), blocked); !errors.As(err, &little) {
			t.Errorf("net %d: got %v for three quarters of the least", seed, err)
		}
	}
	if lowered < 9 || repeated < 150 {
		t.Errorf("got %d networks that take less with a limit, and %d instructions more; is the pass asleep?", lowered, repeated)
	}
}

// TestPlansRepeat plans a network twice: the same text.
func TestPlansRepeat(t *testing.T) {
	for seed := range uint64(8) {
		var little *recompute.TooLittle
		if err := plan(limited(seed, 1)); !errors.As(err, &little) {
			t.Fatal(err)
		}
		var texts []string
		for range 3 {
			m := limited(seed, little.Least)
			if err := plan(m); err != nil {
				t.Fatal(err)
			}
			texts = append(texts, text.Print(m))
		}
		if texts[0] != texts[1] || texts[0] != texts[2] {
			t.Errorf("net %d: got another plan the second time", seed)
		}
	}
}

// TestNotes reads what the pass says of itself.
func TestNotes(t *testing.T) {
	note := func(limit int64) (line string) {
		err := passes.Run(limited(3, limit), target.Default(target.AVX2), passes.Options{Log: func(l string) {
			if strings.HasPrefix(l, "recompute: ") {
				line = l
			}
		}})
		if err != nil {
			return err.Error()
		}
		return line
	}
	if got := note(0); got != "recompute: no limits" {
		t.Errorf("got %q without a limit", got)
	}
	if got := note(1 << 40); got != "recompute: 1 steps fit as they are" {
		t.Errorf("got %q for a limit that asks nothing", got)
	}
	refused := note(1)
	var least int64
	if _, err := fmt.Sscanf(refused[strings.Index(refused, "expected"):], "expected %d or more", &least); err != nil {
		t.Fatalf("got %q: %v", refused, err)
	}
	if got := note(least); !strings.Contains(got, "instructions repeated, ") {
		t.Errorf("got %q for %d bytes", got, least)
	}
}

// TestLateSizesAreRefused limits a training whose pictures may have any size.
func TestLateSizesAreRefused(t *testing.T) {
	m := passtest.Random(1, ir.Loss)
	i := slices.IndexFunc(m.Trains, func(*ir.Train) bool { return true })
	s := *m.Trains[i]
	s.Memory = 1
	m.Trains = []*ir.Train{&s}
	var little *recompute.TooLittle
	if err := plan(m); !errors.As(err, &little) {
		t.Errorf("got %v, want a refusal", err)
	}
}
