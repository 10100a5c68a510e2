package cli

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/netc-lang/netc"
	"github.com/netc-lang/netc/cmd/netc/internal/program"
	"github.com/netc-lang/netc/codegen"
)

func newProfile(e *env) *cobra.Command {
	var (
		net, isa       string
		batch, threads int
		training       bool
	)
	c := &cobra.Command{
		Use:   "profile FILE",
		Short: "tell which stages of the source a run's time goes to",
		Long: `profile builds the package with a mark before each instruction of its plan, runs it
for about two seconds on random numbers and prints, in the order of the plan, the
median time of every stage, its share, its speed and the ratio to the steady peak of
the machine. With --train it is the training step. With --json it prints one object a
line: stage, op, shape, pos, us, share, gflops, ratio.`,
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
			// Speed does not depend on values.
			built, err := e.compile(s, netc.Options{Net: net, Weights: "seeded", Train: training, Profile: true})
			if err != nil {
				return err
			}
			main, err := codegen.ProfileMain(built.Module, net, "program/model", training)
			if err != nil {
				return failed(err)
			}
			exe, err := program.Build(built, main)
			if err != nil {
				return failed(err)
			}
			more := []string{"-batch", strconv.Itoa(batch), "-threads", strconv.Itoa(threads)}
			var settings []string
			if isa != "" {
				settings = append(settings, "NETC_ISA="+isa)
				more = append(more, "-isa", isa)
			}
			if e.json {
				more = append(more, "-json")
			}
			code, err := program.Run(exe, more, e.in, e.out, e.err, settings...)
			if err != nil {
				return failed(err)
			}
			if code != exitOK {
				return reported(code)
			}
			return nil
		},
	}
	f := c.Flags()
	f.StringVar(&net, "net", "", "the net, where the file has several")
	f.StringVar(&isa, "isa", "", "instruction set: avx512, avx2 or generic (default: the best of this machine)")
	f.IntVar(&batch, "batch", 0, "images of a call (default: 1; with --train that of the file)")
	f.IntVar(&threads, "threads", 1, "threads (0: all processors)")
	f.BoolVar(&training, "train", false, "profile a training step")
	_ = c.RegisterFlagCompletionFunc("isa", cobra.FixedCompletions(benchISAs, cobra.ShellCompDirectiveNoFileComp))
	return c
}
