package driver

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"math"
	"os"
	"time"

	"github.com/netc-lang/netc/runtime/data"
	"github.com/netc-lang/netc/runtime/kernel"
	"github.com/netc-lang/netc/runtime/parallel"
	"github.com/netc-lang/netc/runtime/train"
)

// Session is a generated session whose inputs are filled.
type Session interface {
	Run() error
	Close()
}

// Inference is a net in use, for Bench.
type Inference struct {
	Net  string
	MACs int64 // multiply-adds of one image
	// Open makes the net and a session; its time belongs to the cold start.
	Open   func(threads, batch int) (Session, error)
	Stages []Stage // of a package generated for a profile: [Bench] tells where the time goes
}

// Training is a train section, for BenchTraining.
type Training struct {
	Program *train.Program
	MACs    int64             // multiply-adds of one image forward
	Shapes  map[string][3]int // C, H, W of each picture that the net reads
	Stages  []Stage           // as in Inference
}

// Fill writes random multiples of 2^-15 in [-1, 1), the same for the same stream: four to
// each number of a shift register, Marsaglia 2003, doi:10.18637/jss.v008.i14, since filling a
// picture is a part of the time to the first answer.
func Fill(dst []float32, stream uint64) {
	x := stream + 0x9e3779b97f4a7c15
	for i := range dst {
		if i%4 == 0 {
			x ^= x << 13
			x ^= x >> 7
			x ^= x << 17
		}
		dst[i] = float32(int16(x>>(i%4*16))) / (1 << 15)
	}
}

// Bench is the main of the program that `netc bench` builds: it measures Run of a
// session and returns the exit code.
func Bench(net Inference) int {
	return runBench(subject{
		net: net.Net, macs: net.MACs, batch: 1, open: net.Open, stages: net.Stages,
	}, os.Args[1:], standard())
}

// benchRate keeps the weights in their ordinary range however many steps are
// timed on one batch; a step costs the same for any rate.
const benchRate = 1e-6

// The batch of a training without a setting.
const benchBatch = 64

// BenchTraining is the main of the program that `netc bench --train` builds: it
// measures training steps (forward, backward, update) on random records. A step
// counts as three times the multiply-adds of the forward pass: outputs, gradients
// of inputs, gradients of weights.
func BenchTraining(t Training) int {
	return runBench(trainingSubject(t), os.Args[1:], standard())
}

func trainingSubject(t Training) subject {
	p := t.Program
	batch := p.Batch
	if batch < 1 {
		batch = benchBatch
	}
	return subject{net: p.Net, macs: 3 * t.MACs, batch: batch, stages: t.Stages, open: func(threads, batch int) (Session, error) {
		m, err := p.New(threads, batch) // refuses what would be too large
		if err != nil {
			return nil, err
		}
		records, err := data.RandomBatch(&p.Data, t.Shapes, batch, p.Seed)
		if err != nil {
			return nil, err
		}
		m.Init(p.Seed)
		if err := train.Fit(m, records, true); err != nil {
			return nil, err
		}
		return &steps{m, records, p.Seed}, nil
	}}
}

// steps runs the training step of a model as a session.
type steps struct {
	train.Model
	records *data.Batch
	seed    int64
}

func (s *steps) Run() error {
	s.seed++
	loss, _ := s.Step(s.records, benchRate, s.seed)
	if math.IsNaN(float64(loss)) {
		return errors.New("the loss of a training step is not a number")
	}
	return nil
}

// subject is what is measured.
type subject struct {
	net    string
	macs   int64 // of one record
	batch  int   // unless the command line says otherwise
	open   func(threads, batch int) (Session, error)
	stages []Stage
}

// measurement is the result; the names are those of CLI.md.
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

// began is when the program started, as far as it can tell by itself.
var began = time.Now()

func runBench(sub subject, args []string, s streams) int {
	f := flag.NewFlagSet("bench", flag.ContinueOnError)
	batch := f.Int("batch", 0, "images of a call (0: 1, or the batch of the train section)")
	threads := f.Int("threads", 0, "threads (0: one per processor)")
	isa := f.String("isa", "", "instruction set that must be in use")
	asJSON := f.Bool("json", false, "print JSON")
	budget := f.Duration("time", benchTime, "how long to measure")
	started := f.Int64("started", began.UnixNano(), "when this program was started, in nanoseconds since 1970")
	first := f.Bool("first", false, "print only how many milliseconds after that the first answer came")
	cold := f.Float64("cold", 0, "these milliseconds, as other starts took them (0: those of this one)")
	if code, ok := s.parse(f, args); !ok {
		return code
	}
	switch {
	case f.NArg() > 0:
		return s.usage("unexpected argument %q", f.Arg(0))
	case *batch < 0 || *threads < 0:
		return s.usage("-batch and -threads want positive numbers")
	case *isa != "" && *isa != kernel.Selected().String():
		return s.fail(fmt.Errorf("this machine runs the %s kernels, not %s", kernel.Selected().String(), *isa))
	}
	if *batch == 0 {
		*batch = sub.batch
	}
	if len(sub.stages) > 0 {
		return s.profile(sub, *threads, *batch, *budget, *asJSON)
	}
	if *first {
		*budget = 0
	}
	m, err := measure(sub, *threads, *batch, time.Unix(0, *started), *budget, s.err)
	if err != nil {
		return s.fail(err)
	}
	if *first {
		fmt.Fprintln(s.out, m.ColdStart)
		return exitOK
	}
	if *cold > 0 {
		m.ColdStart = *cold
	}
	if *asJSON {
		err = json.NewEncoder(s.out).Encode(m)
	} else {
		_, err = fmt.Fprint(s.out, m)
	}
	if err != nil {
		return s.fail(err)
	}
	return exitOK
}

// measure opens the subject, times its first call as the cold start, then takes
// the median of windows between looks at the peak; without a budget it ends there.
func measure(sub subject, threads, batch int, started time.Time, budget time.Duration, warn io.Writer) (m measurement, err error) {
	session, err := sub.open(threads, batch)
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
		Net: sub.net, Batch: batch, Threads: pool.Threads(), ISA: kernel.Selected().String(),
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
	m.GFLOPS = 2 * float64(sub.macs) * float64(batch) / float64(median.Nanoseconds())
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
