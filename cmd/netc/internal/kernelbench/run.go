package kernelbench

import (
	"math"
	"regexp"
	"runtime"
	"slices"

	"github.com/netc-lang/netc/runtime/kernel"
	"github.com/netc-lang/netc/runtime/parallel"
)

// Options say what is measured.
type Options struct {
	Threads int            // 1 when 0
	Filter  *regexp.Regexp // matched against "class pass shape"; nil takes all
	Seed    uint64         // of the random shapes
	Fast    bool           // fewer windows: a look, not a figure to publish

	// Disturbed windows count like the others, as in the figures of programs that know
	// nothing of the machine's neighbours and are to be compared with these.
	Disturbed bool
}

// Result is one kernel's figure.
type Result struct {
	Class   string  `json:"class"`
	Pass    string  `json:"pass"`
	ISA     string  `json:"isa"`
	Threads int     `json:"threads"`
	Shape   string  `json:"shape"`
	Algo    string  `json:"algo"`
	GFLOPS  float64 `json:"gflops"`   // of the direct algorithm
	Peak    float64 `json:"peak"`     // steady, of all threads together
	PeakNow float64 `json:"peak_now"` // of all threads, beside the kernel's windows
	Ratio   float64 `json:"ratio"`    // GFLOPS / Peak
	GBPS    float64 `json:"gbps"`     // operands read once and results written once
	CopyGBS float64 `json:"copy_gbps,omitempty"`
	Micros  float64 `json:"us"`

	// How many times as fast as one thread several are, in windows that take turns: by the
	// medians, and by the best windows, which tell more on a machine that is not quiet.
	Speedup     float64 `json:"speedup,omitempty"`
	SpeedupBest float64 `json:"speedup_best,omitempty"`

	// The part of the windows that nothing else disturbed; they count alone if they were enough.
	Undisturbed float64 `json:"undisturbed"`
}

// subject is one kernel made ready on its operands.
type subject struct {
	class, pass, shape, algo string
	flops, bytes             float64
	bandwidth                bool // judged by its bytes
	run                      func()
}

// plan makes a subject when its turn comes, so that operands of one are in memory
// at a time.
type plan struct {
	class, pass, shape string
	open               func(c *kernel.Ctx) *subject
}

func (p plan) name() string { return p.class + " " + p.pass + " " + p.shape }

// Run measures every kernel that the filter takes, in the instruction set of this
// process, and hands the results to report as they come.
func Run(o Options, report func(Result) error) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	isa := kernel.Selected()
	pool := parallel.New(max(o.Threads, 1))
	defer pool.Close()
	threads := pool.Threads()
	all, err := plans(o.Seed)
	if err != nil {
		return err
	}
	alone := parallel.New(1)
	m := method{windows, patience, o.Disturbed}
	if o.Fast {
		m.windows, m.patience = windowsFast, patienceFast
	}
	cores, core, fastest := newMachine(isa, pool), newMachine(isa, alone), math.Inf(1)
	class, peak := "", 0.0
	for _, p := range all {
		if o.Filter != nil && !o.Filter.MatchString(p.name()) {
			continue
		}
		if p.class != class {
			class = p.class
			peak = max(peak, steadyPeak(func() float64 { return kernel.PeakGFLOPS(isa, threads) }))
		}
		s := p.open(kernel.NewCtx(pool))
		turns := []turn{{s.run, cores.look, peak}}
		if threads > 1 {
			turns = append(turns, turn{p.open(kernel.NewCtx(nil)).run, core.look, peak / float64(threads)})
		}
		speeds := m.measure(&fastest, turns...)
		all := speeds[0]
		r := Result{
			Class: s.class, Pass: s.pass, ISA: isa.String(), Threads: threads, Shape: s.shape, Algo: s.algo,
			GFLOPS: s.flops / all.seconds / 1e9, Peak: peak, PeakNow: all.peakNow,
			GBPS: s.bytes / all.seconds / 1e9, Micros: all.seconds * 1e6, Undisturbed: all.undisturbed,
		}
		if peak > 0 {
			r.Ratio = r.GFLOPS / peak
		}
		if threads > 1 {
			one := speeds[1]
			r.Speedup, r.SpeedupBest = one.seconds/all.seconds, one.best/all.best
		}
		if s.bandwidth {
			r.CopyGBS = copySpeed(int(s.bytes)) / 1e9
		}
		if err := report(r); err != nil {
			return err
		}
	}
	return nil
}

// plans lists every kernel.
func plans(seed uint64) ([]plan, error) {
	shapes, err := zooShapes()
	if err != nil {
		return nil, err
	}
	return slices.Concat(gemms(), convolutions(shapes), gradients(shapes), mapKernels(), otherKernels(), oddShapes(seed)), nil
}
