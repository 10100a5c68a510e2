package bench

import (
	"fmt"
	"io"
	"math"
	"time"

	"github.com/netc-lang/netc/runtime/kernel"
	"github.com/netc-lang/netc/runtime/parallel"
)

// measurement is the result; scripts rely on the names.
type measurement struct {
	Net       string  `json:"net"`
	Batch     int     `json:"batch"`
	Threads   int     `json:"threads"`
	ISA       string  `json:"isa"`
	Median    float64 `json:"ms_median"`
	Best      float64 `json:"ms_best"`
	PerSecond float64 `json:"images_per_s"`
	GFLOPS    float64 `json:"gflops"`
	Peak      float64 `json:"peak"`
	Ratio     float64 `json:"ratio"`
	ColdStart float64 `json:"cold_start_ms"`
	RSS       float64 `json:"rss_mib"`
}

// measure opens the subject, times its first call as the cold start, then takes
// the median of windows between looks at the peak; without a budget it ends there.
func measure(sub Subject, threads, batch int, started time.Time, budget time.Duration, warn io.Writer) (m measurement, err error) {
	session, err := sub.Open(threads, batch)
	if err != nil {
		return m, err
	}
	defer session.Close()
	if err := session.Run(); err != nil {
		return m, err
	}
	cold := time.Since(started)
	pool := parallel.New(threads) // cuts the number as the session did
	pool.Close()
	m = measurement{
		Net: sub.Net, Batch: batch, Threads: pool.Threads(), ISA: kernel.Selected().String(),
		ColdStart: milliseconds(cold), RSS: float64(residentBytes()) / (1 << 20),
	}
	if budget == 0 {
		return m, nil
	}
	before := kernel.PeakGFLOPS(kernel.Selected(), m.Threads)
	median, best, err := repeat(session.Run, budget)
	if err != nil {
		return m, err
	}
	// Neighbours only ever lower the peak, so the higher look is the nearer one.
	after := kernel.PeakGFLOPS(kernel.Selected(), m.Threads)
	for range 3 {
		if math.Abs(before-after) <= 0.1*before {
			break
		}
		after = max(after, kernel.PeakGFLOPS(kernel.Selected(), m.Threads))
	}
	if d := math.Abs(before - after); d > 0.1*before {
		fmt.Fprintf(warn, "netc: the peak moved from %.0f to %.0f GFLOP/s meanwhile; the machine was not quiet\n", before, after)
	}
	m.Median, m.Best = milliseconds(median), milliseconds(best)
	m.PerSecond = float64(batch) / median.Seconds()
	m.GFLOPS = 2 * float64(sub.MACs) * float64(batch) / float64(median.Nanoseconds())
	if m.Peak = max(before, after); m.Peak > 0 {
		m.Ratio = m.GFLOPS / m.Peak
	}
	return m, nil
}

func milliseconds(d time.Duration) float64 { return float64(d.Nanoseconds()) / 1e6 }

// String is the form for people.
func (m measurement) String() string {
	threads := "1 thread"
	if m.Threads != 1 {
		threads = fmt.Sprintf("%d threads", m.Threads)
	}
	speed := fmt.Sprintf("%.1f GFLOP/s", m.GFLOPS)
	if m.Peak > 0 {
		speed += fmt.Sprintf(", %.0f %% of the peak of %.0f", 100*m.Ratio, m.Peak)
	}
	return fmt.Sprintf("%s  batch %d, %s, %s\n  %.4g ms (best %.4g), %.0f images/s\n  %s\n  cold start %.0f ms, %.1f MiB resident\n",
		m.Net, m.Batch, threads, m.ISA, m.Median, m.Best, m.PerSecond, speed, m.ColdStart, m.RSS)
}
