package cli

import (
	"github.com/spf13/cobra"

	"github.com/netc-lang/netc"
	"github.com/netc-lang/netc/codegen"
)

func newBench(e *env) *cobra.Command {
	var (
		m       = measured{starts: true}
		weights string
	)
	c := &cobra.Command{
		Use:   "bench FILE",
		Short: "measure the latency of the generated package",
		Long: `bench builds the generated package, runs one call after another on random numbers
for about two seconds, and prints the median and the best time, the speed in
multiply-adds and its share of the steady peak of the machine, the time from
the start of the program to its first answer (the median of up to nine starts),
and the memory in use. With --train a call is one training step: forward,
backward, update.

For figures that can be compared, pin it (taskset -c 0 netc bench ...) on a
machine that does nothing else.`,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: netFiles,
		RunE: func(_ *cobra.Command, args []string) error {
			o := netc.Options{Weights: weights}
			if weights == "" {
				o.Net, o.Weights = m.net, "seeded" // speed does not depend on values
			}
			return m.measure(e, args[0], o, codegen.BenchMain)
		},
	}
	c.AddCommand(newBenchKernels(e))
	m.flags(c, 0, "measure")
	c.Flags().StringVar(&weights, "weights", "", "safetensors file (default: the seeded initial weights)")
	return c
}
