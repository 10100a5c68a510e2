package bench

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"time"

	"github.com/netc-lang/netc/runtime/internal/console"
	"github.com/netc-lang/netc/runtime/kernel"
)

// Session is what one call is made of: a generated session whose inputs are filled, or the
// training step of a model with its records.
type Session interface {
	Run() error
	Close()
}

// Subject is what a program measures.
type Subject struct {
	Net   string
	MACs  int64 // multiply-adds of one record
	Batch int   // records of a call, unless the command line says otherwise; 0 means 1
	// Open makes the net and a session; its time belongs to the cold start.
	Open   func(threads, batch int) (Session, error)
	Stages []Stage // of a package generated for a profile: [Main] tells where the time goes
}

// Main is the main of the programs that `netc bench` and `netc profile` build: it measures
// Run of a session and returns the exit code.
func Main(sub Subject) int { return run(sub, os.Args[1:], console.Standard()) }

// began is when the program started, as far as it can tell by itself.
var began = time.Now()

func run(sub Subject, args []string, s console.Streams) int {
	f := flag.NewFlagSet("bench", flag.ContinueOnError)
	batch := f.Int("batch", 0, "images of a call (0: 1, or the batch of the train section)")
	threads := f.Int("threads", 0, "threads (0: one per processor)")
	isa := f.String("isa", "", "instruction set that must be in use")
	asJSON := f.Bool("json", false, "print JSON")
	budget := f.Duration("time", benchTime, "how long to measure")
	started := f.Int64("started", began.UnixNano(), "when this program was started, in nanoseconds since 1970")
	first := f.Bool("first", false, "print only how many milliseconds after that the first answer came")
	cold := f.Float64("cold", 0, "these milliseconds, as other starts took them (0: those of this one)")
	if code, ok := s.Parse(f, args); !ok {
		return code
	}
	switch {
	case f.NArg() > 0:
		return s.Usage("unexpected argument %q", f.Arg(0))
	case *batch < 0 || *threads < 0:
		return s.Usage("-batch and -threads want positive numbers")
	case *isa != "" && *isa != kernel.Selected().String():
		return s.Fail(fmt.Errorf("this machine runs the %s kernels, not %s", kernel.Selected().String(), *isa))
	}
	if *batch == 0 {
		*batch = max(sub.Batch, 1)
	}
	if len(sub.Stages) > 0 {
		return profile(sub, *threads, *batch, *budget, *asJSON, s)
	}
	if *first {
		*budget = 0
	}
	m, err := measure(sub, *threads, *batch, time.Unix(0, *started), *budget, s.Err)
	if err != nil {
		return s.Fail(err)
	}
	if *first {
		fmt.Fprintln(s.Out, m.ColdStart)
		return console.OK
	}
	if *cold > 0 {
		m.ColdStart = *cold
	}
	if *asJSON {
		err = json.NewEncoder(s.Out).Encode(m)
	} else {
		_, err = fmt.Fprint(s.Out, m)
	}
	if err != nil {
		return s.Fail(err)
	}
	return console.OK
}
