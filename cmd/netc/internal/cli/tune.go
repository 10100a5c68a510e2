package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/netc-lang/netc"
	"github.com/netc-lang/netc/cmd/netc/internal/tune"
	"github.com/netc-lang/netc/ir/target"
	"github.com/netc-lang/netc/runtime/kernel"
	"github.com/netc-lang/netc/runtime/weights"
)

// tuneVerb are the flags of `netc tune`.
type tuneVerb struct {
	net, out string
	isas     []string
	threads  int
}

func newTune(e *env) *cobra.Command {
	var v tuneVerb
	c := &cobra.Command{
		Use:   "tune FILE",
		Short: "measure the algorithms of a net on this machine and keep the choices",
		Long: `tune finds every distinct operation of FILE for which there are several algorithms,
compares each of them with the plain loops that define the result, times them in turn
and writes the fastest to NAME.tune beside FILE. Commit that file: netc compile reads it
and measures nothing, so that the same files give the same package on every machine.

Lines of other machines, instruction sets and thread counts stay; where they disagree,
most of them decide. Lines that were measured with the kernels of another version do not
count (netc compile -v tells) until tune measures again. What is finished is kept when
tune is interrupted. With --json it prints one object a line: op, isa, threads, choice,
us, candidates.

For choices that last, run it on a machine that does nothing else.`,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: netFiles,
		RunE:              func(_ *cobra.Command, args []string) error { return v.run(e, args[0]) },
	}
	f := c.Flags()
	f.StringVar(&v.net, "net", "", "only this net of the file")
	f.StringVarP(&v.out, "output", "o", "", "the file to write (default: NAME.tune beside FILE)")
	f.StringSliceVar(&v.isas, "isa", nil, "instruction sets: avx512, avx2, generic (default: avx2 and avx512 where the machine has them)")
	f.IntVar(&v.threads, "threads", 1, "threads")
	_ = c.RegisterFlagCompletionFunc("isa", cobra.FixedCompletions(benchISAs, cobra.ShellCompDirectiveNoFileComp))
	return c
}

// sets returns the instruction sets to measure.
func (v *tuneVerb) sets() ([]kernel.ISA, error) {
	all := []kernel.ISA{kernel.AVX2, kernel.AVX512}
	if len(v.isas) > 0 {
		all = nil
		for _, name := range v.isas {
			if err := checkISA(name); err != nil {
				return nil, err
			}
			all = append(all, []kernel.ISA{kernel.AVX512, kernel.AVX2, kernel.Generic}[slices.Index(benchISAs, name)])
		}
	}
	have := slices.DeleteFunc(slices.Clone(all), func(i kernel.ISA) bool { return !i.Available() })
	switch {
	case len(have) < len(all) && len(v.isas) > 0:
		return nil, fmt.Errorf("this machine has no kernels for one of --isa %s", strings.Join(v.isas, ","))
	case len(have) == 0:
		return []kernel.ISA{kernel.Generic}, nil
	}
	return have, nil
}

func (v *tuneVerb) run(e *env, file string) error {
	sets, err := v.sets()
	switch {
	case err != nil:
		return exitError{exitUsage, err}
	case v.threads < 1:
		return exitError{exitUsage, errors.New("--threads wants a positive number")}
	case file == "-" && v.out == "":
		return exitError{exitUsage, errors.New("standard input has no file beside it: name the file to write with -o")}
	}
	s, err := netc.Open(file, e.in)
	if err != nil {
		return failed(err)
	}
	path := v.out
	if path == "" {
		path = s.DefaultTuning()
	}
	have, err := netc.ReadTuning(path)
	if err != nil {
		return failed(err)
	}
	kernels, err := netc.KernelHash()
	if err != nil {
		return failed(err)
	}
	built, err := e.compile(s, netc.Options{Net: v.net, Initial: true, Train: true, Tuning: &target.Tuning{}})
	if err != nil {
		return err
	}
	ops, skipped := tune.Operations(built.Module)
	if !e.json && !e.quiet {
		for _, k := range skipped {
			if e.verbose || strings.HasPrefix(k.Op, "conv") {
				fmt.Fprintf(e.err, "netc: %d %s skipped: %s\n", k.Count, k.Op, k.Why)
			}
		}
	}
	if len(ops) == 0 {
		if !e.quiet {
			fmt.Fprintf(e.err, "netc: nothing to choose in %s: no file was written\n", file)
		}
		return nil
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	lines := json.NewEncoder(e.out)
	lines.SetEscapeHTML(false) // signatures have an arrow
	count := 0
	err = tune.Run(ctx, ops, tune.Options{Kernels: kernels, Machine: tune.ThisMachine(), ISAs: sets, Threads: v.threads, Note: func(r tune.Result) error {
		if len(r.Wrong) > 0 {
			fmt.Fprintf(e.err, "netc: %s with %s: %s computed something else and was not timed; please report it\n", r.Line.Op, r.Line.ISA, strings.Join(r.Wrong, ", "))
		}
		if r.Line.Choice == "" {
			return nil
		}
		have.Put(r.Line)
		count++
		if err := weights.WriteFileAtomic(path, have.Text()); err != nil {
			return err
		}
		if e.json {
			return lines.Encode(tuneJSON{r.Line.Op, r.Line.ISA, r.Line.Threads, r.Line.Choice, r.Line.Micros, r.Micros})
		}
		_, err := fmt.Fprintf(e.out, "[%d/%d] %-52s %-7s %-9s %9.1f us%s\n", r.Done, r.Total, r.Line.Op, r.Line.ISA, r.Line.Choice, r.Line.Micros, others(r))
		return err
	}})
	if errors.Is(err, context.Canceled) {
		fmt.Fprintf(e.err, "netc: interrupted; %d choices are in %s\n", count, path)
		return reported(exitInterrupted)
	}
	if err != nil {
		return failed(err)
	}
	if !e.json && !e.quiet {
		fmt.Fprintf(e.err, "netc: %d choices are in %s\n", count, path)
	}
	return nil
}

// tuneJSON is one line of `netc tune --json`.
type tuneJSON struct {
	Op         string             `json:"op"`
	ISA        string             `json:"isa"`
	Threads    int                `json:"threads"`
	Choice     string             `json:"choice"`
	Micros     float64            `json:"us"`
	Candidates map[string]float64 `json:"candidates"`
}

// others tells the times of the candidates that lost.
func others(r tune.Result) string {
	text := ""
	for _, name := range target.TuneChoices {
		if us, ok := r.Micros[name]; ok && name != r.Line.Choice {
			text += fmt.Sprintf("  %s %.1f", name, us)
		}
	}
	return text
}
