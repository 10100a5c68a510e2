package bench

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"time"

	nrt "github.com/netc-lang/netc/runtime"
	"github.com/netc-lang/netc/runtime/internal/console"
	"github.com/netc-lang/netc/runtime/kernel"
	"github.com/netc-lang/netc/runtime/parallel"
)

// Stage is one instruction of the plan of a package generated for a profile.
type Stage struct {
	Stage, Op, Shape, Pos string
	MACs                  int64 // of one image
}

// stageTime is a stage with the time it took: one line of the profile.
type stageTime struct {
	Stage  string  `json:"stage"`
	Op     string  `json:"op"`
	Shape  string  `json:"shape"`
	Pos    string  `json:"pos"`
	Micros float64 `json:"us"`
	Share  float64 `json:"share"`
	GFLOPS float64 `json:"gflops"`
	Ratio  float64 `json:"ratio"`
}

// profile runs the session for about the time of budget and prints the median time
// of each instruction.
func profile(sub Subject, threads, batch int, budget time.Duration, asJSON bool, s console.Streams) int {
	session, err := sub.Open(threads, batch)
	if err != nil {
		return s.Fail(err)
	}
	defer session.Close()
	pool := parallel.New(threads) // cuts the number as the session did
	pool.Close()
	peak := kernel.PeakGFLOPS(kernel.Selected(), pool.Threads())
	medians, err := stageMedians(session, len(sub.Stages), budget)
	if err != nil {
		return s.Fail(err)
	}
	peak = max(peak, kernel.PeakGFLOPS(kernel.Selected(), pool.Threads())) // neighbours only lower it
	total := 0.0
	for _, m := range medians {
		total += m
	}
	var lines []stageTime
	for i, st := range sub.Stages {
		if medians[i] == 0 {
			continue // a view, or computed at load
		}
		l := stageTime{Stage: st.Stage, Op: st.Op, Shape: st.Shape, Pos: st.Pos, Micros: medians[i] * 1e6, Share: medians[i] / total}
		l.GFLOPS = 2 * float64(st.MACs) * float64(batch) / medians[i] / 1e9
		if peak > 0 {
			l.Ratio = l.GFLOPS / peak
		}
		lines = append(lines, l)
	}
	if asJSON {
		err = writeJSONLines(s.Out, lines)
	} else {
		err = writeProfile(s.Out, sub.Net, lines, total, peak)
	}
	if err != nil {
		return s.Fail(err)
	}
	return console.OK
}

// stageMedians returns the median seconds of each instruction over many runs.
func stageMedians(session Session, stages int, budget time.Duration) ([]float64, error) {
	samples := make([][]float64, stages)
	spent := make([]time.Duration, stages)
	current, since := -1, time.Now()
	enter := func(i int) {
		now := time.Now()
		if current >= 0 {
			spent[current] += now.Sub(since)
		}
		current, since = i, now
	}
	defer func(f func(int)) { nrt.Profile = f }(nrt.Profile)
	nrt.Profile = enter
	for run, start := 0, time.Now(); run < benchWindows+2 || time.Since(start) < budget; run++ {
		clear(spent)
		current = -1
		if err := session.Run(); err != nil {
			return nil, err
		}
		enter(-1)
		if run < 2 {
			continue // caches and clock
		}
		for i, d := range spent {
			samples[i] = append(samples[i], d.Seconds())
		}
	}
	medians := make([]float64, stages)
	for i, v := range samples {
		slices.Sort(v)
		medians[i] = v[len(v)/2]
	}
	return medians, nil
}

func writeJSONLines(w io.Writer, lines []stageTime) error {
	e := json.NewEncoder(w)
	for _, l := range lines {
		if err := e.Encode(l); err != nil {
			return err
		}
	}
	return nil
}

// writeProfile prints the stages in the order in which they run.
func writeProfile(w io.Writer, net string, lines []stageTime, total, peak float64) error {
	if _, err := fmt.Fprintf(w, "%s  %.4g ms, peak %.0f GFLOP/s\n%10s %6s %9s %6s  stage\n", net, total*1e3, peak, "us", "time", "GFLOP/s", "peak"); err != nil {
		return err
	}
	for _, l := range lines {
		speed := fmt.Sprintf("%9s %6s", "", "")
		if l.GFLOPS > 0 {
			speed = fmt.Sprintf("%9.1f %5.0f%%", l.GFLOPS, 100*l.Ratio)
		}
		if _, err := fmt.Fprintf(w, "%10.1f %5.1f%% %s  %s: %s %s (%s)\n", l.Micros, 100*l.Share, speed, l.Stage, l.Op, l.Shape, l.Pos); err != nil {
			return err
		}
	}
	return nil
}
