package driver

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/netc-lang/netc/runtime/data"
	"github.com/netc-lang/netc/runtime/internal/console"
	"github.com/netc-lang/netc/runtime/train"
)

// Train is the main of the program that `netc train` builds; it returns the exit
// code.
func Train(p *train.Program) int {
	ctx, stop := untilSignal()
	defer stop()
	return runTrain(ctx, p, os.Args[1:], console.Standard())
}

// Eval is the main of the program that `netc eval` builds; it returns the exit
// code.
func Eval(p *train.Program) int {
	ctx, stop := untilSignal()
	defer stop()
	return runEval(ctx, p, os.Args[1:], console.Standard())
}

// untilSignal returns a context that is done at the first interrupt, or when the
// terminal goes away; the second interrupt ends the program as if nobody listened.
func untilSignal() (context.Context, func()) {
	signals := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) { // as under nohup
		signals = append(signals, syscall.SIGHUP)
	}
	ctx, stop := signal.NotifyContext(context.Background(), signals...)
	context.AfterFunc(ctx, stop)
	return ctx, stop
}

// common are the flags that train and eval share.
type common struct {
	o     train.Options
	net   string
	json  bool
	quiet bool
}

func (c *common) add(f *flag.FlagSet, p *train.Program, doc string) {
	f.StringVar(&c.o.Data, "data", ".", "folder that the source's relative paths start at")
	f.StringVar(&c.o.Weights, "weights", stem(p)+".safetensors", doc)
	f.IntVar(&c.o.Threads, "threads", 0, "threads (0: one per processor)")
	f.IntVar(&c.o.Batch, "batch", 0, "records of a batch (0: as the program says)")
	f.StringVar(&c.net, "net", "", "the net that is meant, to be sure")
	f.BoolVar(&c.json, "json", false, "print JSON")
	f.BoolVar(&c.quiet, "quiet", false, "print no progress")
}

func (c *common) check(s console.Streams, f *flag.FlagSet, p *train.Program) (code int, ok bool) {
	if f.NArg() > 0 {
		return s.Usage("unexpected argument %q", f.Arg(0)), false
	}
	if c.o.Threads < 0 || c.o.Batch < 0 || c.o.Epochs < 0 {
		return s.Usage("-threads, -batch and -epochs want positive numbers"), false
	}
	if err := rightNet(p, c.net); err != nil {
		return s.Fail(err), false
	}
	return console.OK, true
}

// rightNet refuses -net of another net than that of the program.
func rightNet(p *train.Program, asked string) error {
	if asked != "" && asked != p.Net {
		return fmt.Errorf("%s was compiled for the net %s, not %s", p.Source, p.Net, asked)
	}
	return nil
}

// stem is the name of the source without its ending.
func stem(p *train.Program) string {
	return strings.TrimSuffix(filepath.Base(p.Source), filepath.Ext(p.Source))
}

func runTrain(ctx context.Context, p *train.Program, args []string, s console.Streams) int {
	f := flag.NewFlagSet("train", flag.ContinueOnError)
	var c common
	c.add(f, p, "file that the weights are written to")
	f.StringVar(&c.o.Out, "out", "", "run folder (default runs/NAME, or the one that is resumed)")
	f.StringVar(&c.o.Resume, "resume", "", "run folder or checkpoint to go on from")
	f.StringVar(&c.o.Start, "start", "", "file with weights to begin with")
	f.IntVar(&c.o.Epochs, "epochs", 0, "epochs (0: as the program says)")
	seed := f.Int64("seed", 0, "seed of weights, order and augmentation")
	if code, ok := s.Parse(f, args); !ok {
		return code
	}
	if code, ok := c.check(s, f, p); !ok {
		return code
	}
	f.Visit(func(given *flag.Flag) {
		if given.Name == "seed" {
			c.o.Seed = seed
		}
	})
	if c.o.Out == "" {
		c.o.Out = filepath.Join("runs", stem(p))
		if info, err := os.Stat(c.o.Resume); err == nil && info.IsDir() {
			c.o.Out = c.o.Resume
		}
	}
	switch columns, terminal := width(s.Err); {
	case c.json:
		c.o.Report = train.JSONLines(s.Out)
	case c.quiet:
	case terminal:
		c.o.Report = train.Status(s.Err, columns)
	default:
		c.o.Report = train.Lines(s.Err)
	}
	res, err := train.Run(ctx, p, c.o)
	train.Erase(c.o.Report)
	var interrupted *train.Interrupted
	switch {
	case errors.As(err, &interrupted):
		s.Fail(err)
		return console.Interrupted
	case err != nil:
		return s.Fail(err)
	}
	if !c.json {
		fmt.Fprintf(s.Out, "%s on %d validation records after %d steps, %.1f s\n%s  sha256:%s\n",
			summary(res), res.Records, res.Steps, res.Seconds, res.Weights, res.SHA256)
	}
	return console.OK
}

// summary writes the metrics and the loss for people.
func summary(r *train.Result) string {
	var b strings.Builder
	for _, m := range r.Metrics {
		fmt.Fprintf(&b, "%s %.4f  ", m.Name, m.Value)
	}
	fmt.Fprintf(&b, "loss %.4f", r.Loss)
	return b.String()
}

func runEval(ctx context.Context, p *train.Program, args []string, s console.Streams) int {
	f := flag.NewFlagSet("eval", flag.ContinueOnError)
	var c common
	c.add(f, p, "safetensors file to measure")
	split := f.String("split", string(data.Test), "split of the data: train, val or test")
	if code, ok := s.Parse(f, args); !ok {
		return code
	}
	if code, ok := c.check(s, f, p); !ok {
		return code
	}
	switch data.Split(*split) {
	case data.Train, data.Val, data.Test:
	default:
		return s.Usage("-split wants train, val or test, not %q", *split)
	}
	res, err := train.Evaluate(ctx, p, c.o, data.Split(*split))
	if err != nil {
		if ctx.Err() != nil {
			s.Fail(errors.New("interrupted"))
			return console.Interrupted
		}
		return s.Fail(err)
	}
	if !c.json {
		fmt.Fprintf(s.Out, "%s on %d %s records, %.1f s\n", summary(res), res.Records, *split, res.Seconds)
		return console.OK
	}
	metrics := map[string]float64{}
	for _, m := range res.Metrics {
		metrics[m.Name] = m.Value
	}
	out, err := json.Marshal(struct {
		Metrics map[string]float64 `json:"metrics"`
		Loss    float64            `json:"loss"`
		Split   string             `json:"split"`
		Records int                `json:"records"`
		Seconds float64            `json:"seconds"`
		Weights string             `json:"weights"`
	}{metrics, res.Loss, *split, res.Records, res.Seconds, res.Weights})
	if err != nil {
		return s.Fail(fmt.Errorf("the results are no numbers: %w", err))
	}
	fmt.Fprintf(s.Out, "%s\n", out)
	return console.OK
}
