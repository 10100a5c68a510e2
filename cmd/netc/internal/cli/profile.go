package cli

import (
	"github.com/spf13/cobra"

	"github.com/netc-lang/netc"
	"github.com/netc-lang/netc/codegen"
)

func newProfile(e *env) *cobra.Command {
	var m measured
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
			// Speed does not depend on values.
			return m.measure(e, args[0], netc.Options{Net: m.net, Weights: "seeded", Profile: true}, codegen.ProfileMain)
		},
	}
	m.flags(c, 1, "profile")
	return c
}
