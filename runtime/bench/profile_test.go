package bench

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	nrt "github.com/netc-lang/netc/runtime"
	"github.com/netc-lang/netc/runtime/internal/console"
)

// marked is a session of three instructions, of which the second is a view and the
// third takes longest.
type marked struct{}

func (marked) Run() error {
	nrt.Profile(0)
	wait(50 * time.Microsecond)
	nrt.Profile(2)
	wait(500 * time.Microsecond)
	return nil
}

func (marked) Close() {}

func wait(d time.Duration) {
	for start := time.Now(); time.Since(start) < d; {
	}
}

func TestProfileAttributesTime(t *testing.T) {
	var out, errs bytes.Buffer
	s := console.Streams{Out: &out, Err: &errs}
	sub := Subject{Net: "Net", Open: func(int, int) (Session, error) { return marked{}, nil }, Stages: []Stage{
		{Stage: "first", Op: "conv", MACs: 1000}, {Stage: "view", Op: "reshape"}, {Stage: "last", Op: "fused"},
	}}
	if code := profile(sub, 1, 1, 20*time.Millisecond, true, s); code != console.OK {
		t.Fatalf("got exit code %d: %s", code, &errs)
	}
	var got []stageTime
	for dec := json.NewDecoder(&out); dec.More(); {
		var l stageTime
		if err := dec.Decode(&l); err != nil {
			t.Fatal(err)
		}
		got = append(got, l)
	}
	if len(got) != 2 || got[0].Stage != "first" || got[1].Stage != "last" {
		t.Fatalf("got %+v, want the two stages that ran", got)
	}
	if got[0].Micros < 50 || got[1].Micros < 500 || got[1].Share < got[0].Share || got[0].GFLOPS <= 0 || got[1].GFLOPS != 0 {
		t.Errorf("got %+v", got)
	}
	out.Reset()
	if profile(sub, 1, 1, time.Millisecond, false, s); !strings.Contains(out.String(), "last: fused") || !strings.HasPrefix(out.String(), "Net ") {
		t.Errorf("for people: %q", out.String())
	}
}
