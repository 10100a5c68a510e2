package cli

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/netc-lang/netc"
	"github.com/netc-lang/netc/cmd/netc/internal/program"
	"github.com/netc-lang/netc/codegen"
)

// benchISAs are what --isa takes.
var benchISAs = []string{"avx512", "avx2", "generic"}

func newBench(e *env) *cobra.Command {
	var (
		net, weights, isa string
		batch, threads    int
		training          bool
	)
	c := &cobra.Command{
		Use:   "bench FILE",
		Short: "measure the latency of the generated package",
		Long: `bench builds the generated package, runs one call after another on random numbers
for about two seconds, and prints the median and the best time, the speed in
multiply-adds and its share of the steady peak of the machine, the time from
start to the first answer, and the memory in use. With --train a call is one
training step: forward, backward, update.

For figures that can be compared, pin it (taskset -c 0 netc bench ...) on a
machine that does nothing else.`,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: netFiles,
		RunE: func(_ *cobra.Command, args []string) error {
			switch {
			case batch < 0 || threads < 0:
				return exitError{exitUsage, fmt.Errorf("--batch and --threads want positive numbers")}
			case isa != "" && !slices.Contains(benchISAs, isa):
				return exitError{exitUsage, fmt.Errorf("--isa is one of %v, not %q", benchISAs, isa)}
			}
			s, err := netc.Open(args[0], e.in)
			if err != nil {
				return failed(err)
			}
			options := netc.Options{Weights: weights, Train: training}
			if weights == "" {
				options.Weights = "seeded" // speed does not depend on values
				options.Net = net
			}
			built, err := e.compile(s, options)
			if err != nil {
				return err
			}
			var more []string
			if batch > 0 {
				more = append(more, "-batch", strconv.Itoa(batch))
			}
			if threads > 0 {
				more = append(more, "-threads", strconv.Itoa(threads))
			}
			if e.json {
				more = append(more, "-json")
			}
			return e.measure(built, net, isa, training, more)
		},
	}
	c.AddCommand(newBenchKernels(e))
	f := c.Flags()
	f.StringVar(&net, "net", "", "the net, where the file has several")
	f.StringVar(&weights, "weights", "", "safetensors file (default: the seeded initial weights)")
	f.StringVar(&isa, "isa", "", "instruction set: avx512, avx2 or generic (default: the best of this machine)")
	f.IntVar(&batch, "batch", 0, "images of a call (default: 1; with --train that of the file)")
	f.IntVar(&threads, "threads", 0, "threads (default: all processors)")
	f.BoolVar(&training, "train", false, "measure a training step")
	_ = c.RegisterFlagCompletionFunc("isa", cobra.FixedCompletions(benchISAs, cobra.ShellCompDirectiveNoFileComp))
	return c
}

// measure builds the measuring program and runs it.
func (e *env) measure(built *netc.Package, net, isa string, training bool, args []string) error {
	main, err := codegen.BenchMain(built.Module, net, "program/model", training)
	if err != nil {
		return failed(err)
	}
	exe, err := program.Build(built, main)
	if err != nil {
		return failed(err)
	}
	var settings []string
	if isa != "" {
		settings = append(settings, "NETC_ISA="+isa)
		args = append(args, "-isa", isa)
	}
	// The last thing before the start, which the cold start is counted from.
	args = append(args, "-started", strconv.FormatInt(time.Now().UnixNano(), 10))
	code, err := program.Run(exe, args, e.in, e.out, e.err, settings...)
	if err != nil {
		return failed(err)
	}
	if code != exitOK {
		return reported(code)
	}
	return nil
}
