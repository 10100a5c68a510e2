package bench

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/netc-lang/netc/runtime/internal/console"
	"github.com/netc-lang/netc/runtime/kernel"
)

// clockwork is a session that takes a fixed time.
type clockwork struct {
	each   time.Duration
	calls  *int
	err    error
	closed *bool
}

func (c clockwork) Run() error {
	*c.calls++
	for start := time.Now(); time.Since(start) < c.each; {
	}
	return c.err
}

func (c clockwork) Close() { *c.closed = true }

func TestBench(t *testing.T) {
	const each = 200 * time.Microsecond
	calls, closed, gotBatch := 0, false, 0
	failing := error(nil)
	sub := Subject{Net: "Net", MACs: 1000, Batch: 3, Open: func(_, batch int) (Session, error) {
		gotBatch = batch
		return clockwork{each, &calls, failing, &closed}, nil
	}}
	call := func(args ...string) (code int, out, errs string) {
		var o, e bytes.Buffer
		code = run(sub, append([]string{"-time", "30ms"}, args...), console.Streams{Out: &o, Err: &e})
		return code, o.String(), e.String()
	}

	code, out, errs := call("-json", "-batch", "4", "-threads", "1")
	if code != console.OK {
		t.Fatalf("got exit code %d: %s", code, errs)
	}
	var fields map[string]any
	if err := json.Unmarshal([]byte(out), &fields); err != nil {
		t.Fatalf("%v in %q", err, out)
	}
	names := []string{"net", "batch", "threads", "isa", "ms_median", "ms_best", "images_per_s", "gflops", "peak", "ratio", "cold_start_ms", "rss_mib"}
	for _, n := range names {
		if _, ok := fields[n]; !ok {
			t.Errorf("the object lacks %s: %s", n, out)
		}
	}
	if len(fields) != len(names) {
		t.Errorf("got %d fields, want %d: %s", len(fields), len(names), out)
	}
	var m measurement
	if err := json.Unmarshal([]byte(out), &m); err != nil {
		t.Fatal(err)
	}
	if m.Batch != 4 || gotBatch != 4 || m.Threads != 1 || m.ISA != kernel.Selected().String() || m.Net != "Net" {
		t.Errorf("got %+v with a batch of %d, want batch 4, 1 thread, %s", m, gotBatch, kernel.Selected().String())
	}
	code, out, errs = call("-first", "-started", strconv.FormatInt(time.Now().Add(-time.Hour).UnixNano(), 10))
	if ms, err := strconv.ParseFloat(strings.TrimSpace(out), 64); code != console.OK || err != nil || ms < 3.6e6 || ms > 3.7e6 {
		t.Errorf("the first answer after an hour: got code %d, %q and %q, want milliseconds alone", code, out, errs)
	}
	if _, out, _ := call("-json", "-cold", "7.5"); !strings.Contains(out, `"cold_start_ms":7.5,`) {
		t.Errorf("told of a start of 7.5 ms, printed %s", out)
	}
	if m.Best < 0.2 || m.Median < m.Best {
		t.Errorf("got a median of %v ms and a best of %v ms for calls of 0.2 ms", m.Median, m.Best)
	}
	if want := 4 / m.Median * 1000; math.Abs(m.PerSecond-want) > want/1e6 {
		t.Errorf("got %v images/s, want %v", m.PerSecond, want)
	}
	if want := 2 * 1000 * 4 / m.Median / 1e6; math.Abs(m.GFLOPS-want) > want/1e6 {
		t.Errorf("got %v GFLOP/s, want %v", m.GFLOPS, want)
	}
	if (m.Peak > 0) != (kernel.Selected() > kernel.Generic) || m.RSS < 1 || m.ColdStart < 0.2 {
		t.Errorf("got peak %v, %v MiB, cold start %v ms", m.Peak, m.RSS, m.ColdStart)
	}
	if !closed || calls < benchWindows {
		t.Errorf("got %d calls, closed %t", calls, closed)
	}

	if _, out, _ := call("-threads", "1"); gotBatch != 3 || !strings.Contains(out, "batch 3, 1 thread") || !strings.Contains(out, "images/s") {
		t.Errorf("for people, batch %d: %q", gotBatch, out)
	}
	for _, tt := range []struct {
		args []string
		code int
		err  string
	}{
		{[]string{"-isa", "avx1024"}, console.Failed, "not avx1024"},
		{[]string{"-batch", "-1"}, console.WrongUsage, "positive"},
		{[]string{"-what"}, console.WrongUsage, "-what"},
		{[]string{"x"}, console.WrongUsage, `unexpected argument "x"`},
	} {
		if code, _, errs := call(tt.args...); code != tt.code || !strings.Contains(errs, tt.err) {
			t.Errorf("%v: got code %d and %q, want %d and %q", tt.args, code, errs, tt.code, tt.err)
		}
	}
	failing = errors.New("out of order")
	if code, out, errs := call(); code != console.Failed || out != "" || !strings.Contains(errs, "out of order") {
		t.Errorf("a failing session: got code %d, %q and %q", code, out, errs)
	}
}
