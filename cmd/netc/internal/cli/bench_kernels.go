package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/netc-lang/netc/cmd/netc/internal/kernelbench"
	"github.com/netc-lang/netc/runtime/kernel"
)

// kernelBench are the flags of `netc bench kernels`.
type kernelBench struct {
	isa, filter string
	threads     int
	seed        uint64
	fast        bool
	disturbed   bool
}

func newBenchKernels(e *env) *cobra.Command {
	var k kernelBench
	c := &cobra.Command{
		Use:   "kernels",
		Short: "measure every kernel of the runtime against the peak of the machine",
		Long: `bench kernels measures the kernels one by one on the layers of ResNet-18 and 50,
VGG16, MobileNetV2, EfficientNet-B0, U-Net and LeNet-5 and on a hundred odd shapes:
speed in multiply-adds of the direct algorithm, the steady peak of the same
instruction set in the same process, the peak between the kernel's own windows, and
the ratio to the steady one. With several threads it tells how many times as fast as one
they are, by windows that take turns: their medians, and the best of them. Each
instruction set runs in a process of its own.

Windows that something disturbed do not count: both virtual cores on one, or another guest
of the host on the other hardware thread of a core. It waits some seconds for a kernel's
undisturbed ones; "undisturbed" of --json is their part.

For figures that can be compared, pin it (taskset -c 0 netc bench kernels ...) on a
machine that does nothing else.`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error { return k.run(e) },
	}
	f := c.Flags()
	f.StringVar(&k.isa, "isa", "", "only this instruction set: avx512, avx2 or generic (default: avx2 and avx512 where the machine has them)")
	f.StringVar(&k.filter, "filter", "", "only kernels whose \"class pass shape\" matches this regular expression")
	f.IntVar(&k.threads, "threads", 1, "threads")
	f.Uint64Var(&k.seed, "seed", 1, "of the odd shapes")
	f.BoolVar(&k.fast, "fast", false, "fewer windows: a look, not a figure to publish")
	f.BoolVar(&k.disturbed, "disturbed", false, "count disturbed windows, too: to compare with programs that count them")
	_ = c.RegisterFlagCompletionFunc("isa", cobra.FixedCompletions(benchISAs, cobra.ShellCompDirectiveNoFileComp))
	return c
}

// run measures in this process when the set is the one it started with, and in a
// child for each set otherwise: a process has one set, found at its start.
func (k *kernelBench) run(e *env) error {
	filter, err := regexp.Compile(k.filter)
	switch {
	case err != nil:
		return exitError{exitUsage, fmt.Errorf("--filter: %w", err)}
	case k.threads < 1:
		return exitError{exitUsage, errors.New("--threads wants a positive number")}
	}
	if err := checkISA(k.isa); err != nil {
		return exitError{exitUsage, err}
	}
	if k.isa == kernel.Selected().String() {
		return k.measure(e, filter)
	}
	sets := []string{k.isa}
	if k.isa == "" {
		sets = nil
		for _, i := range []kernel.ISA{kernel.AVX2, kernel.AVX512} {
			if i.Available() {
				sets = append(sets, i.String())
			}
		}
		if sets == nil {
			sets = []string{kernel.Generic.String()}
		}
	}
	for _, isa := range sets {
		if os.Getenv("NETC_ISA") == isa {
			return failed(fmt.Errorf("this machine has no %s kernels", isa))
		}
		if err := k.child(e, isa); err != nil {
			return err
		}
	}
	return nil
}

// child runs this program again in another instruction set.
func (k *kernelBench) child(e *env, isa string) error {
	self, err := os.Executable()
	if err != nil {
		return failed(err)
	}
	args := []string{"bench", "kernels", "--isa", isa, "--filter", k.filter, "--threads", strconv.Itoa(k.threads),
		"--seed", strconv.FormatUint(k.seed, 10), "--fast=" + strconv.FormatBool(k.fast), "--disturbed=" + strconv.FormatBool(k.disturbed), "--json=" + strconv.FormatBool(e.json)}
	cmd := exec.Command(self, args...)
	cmd.Env = append(os.Environ(), "NETC_ISA="+isa)
	cmd.Stdout, cmd.Stderr = e.out, e.err
	var exit *exec.ExitError
	if err := cmd.Run(); errors.As(err, &exit) {
		return reported(exit.ExitCode())
	} else if err != nil {
		return failed(err)
	}
	return nil
}

func (k *kernelBench) measure(e *env, filter *regexp.Regexp) error {
	lines, found := json.NewEncoder(e.out), false
	err := kernelbench.Run(kernelbench.Options{Threads: k.threads, Filter: filter, Seed: k.seed, Fast: k.fast, Disturbed: k.disturbed}, func(r kernelbench.Result) error {
		first := !found
		found = true
		if e.json {
			return lines.Encode(r)
		}
		if first {
			k.head(e.out)
		}
		line := fmt.Sprintf("%-9s %-11s %-6s %-34s %-10s %8.1f %8.1f %7.3f %8.1f %9.1f",
			r.Class, r.Pass, r.ISA, r.Shape, r.Algo, r.GFLOPS, r.Peak, r.Ratio, r.GBPS, r.Micros)
		if k.threads > 1 {
			line += fmt.Sprintf(" %7.2f %7.2f", r.Speedup, r.SpeedupBest)
		}
		_, err := fmt.Fprintln(e.out, line)
		return err
	})
	if err == nil && !found {
		err = fmt.Errorf("no kernel has a \"class pass shape\" that matches --filter %q", k.filter)
	}
	if err != nil {
		return failed(err)
	}
	return nil
}

// head writes the names of the columns.
func (k *kernelBench) head(out io.Writer) {
	fmt.Fprintf(out, "%-9s %-11s %-6s %-34s %-10s %8s %8s %7s %8s %9s",
		"class", "pass", "isa", "shape", "algo", "GFLOP/s", "peak", "ratio", "GB/s", "us")
	if k.threads > 1 {
		fmt.Fprintf(out, " %7s %7s", "speedup", "best")
	}
	fmt.Fprintln(out)
}
