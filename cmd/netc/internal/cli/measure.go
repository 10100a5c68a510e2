package cli

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/netc-lang/netc"
	"github.com/netc-lang/netc/cmd/netc/internal/program"
	"github.com/netc-lang/netc/ir"
)

// measured are the flags of the verbs that build a program around a net and time it.
type measured struct {
	net, isa       string
	batch, threads int
	asked          func(flag string) bool // whether the command line has it
	training       bool
	starts         bool // the time to the first answer is that of several starts
}

// flags declares them; what is "measure" or "profile".
func (m *measured) flags(c *cobra.Command, threads int, what string) {
	f := c.Flags()
	m.asked = f.Changed
	f.StringVar(&m.net, "net", "", "the net, where the file has several")
	f.StringVar(&m.isa, "isa", "", "instruction set: avx512, avx2 or generic (default: the best of this machine)")
	f.IntVar(&m.batch, "batch", 0, "images of a call (default: 1; with --train that of the file)")
	f.IntVar(&m.threads, "threads", threads, "threads (0: all processors)")
	f.BoolVar(&m.training, "train", false, what+" a training step")
	_ = c.RegisterFlagCompletionFunc("isa", cobra.FixedCompletions(benchISAs, cobra.ShellCompDirectiveNoFileComp))
}

// check refuses values that make no sense.
func (m *measured) check() error {
	if m.batch < 0 || m.threads < 0 || m.batch == 0 && m.asked("batch") {
		return exitError{exitUsage, errors.New("--batch and --threads want positive numbers")}
	}
	if err := checkISA(m.isa); err != nil {
		return exitError{exitUsage, err}
	}
	return nil
}

// measure compiles file with the given options, and runs the program of which main writes
// the main file around the package.
func (m *measured) measure(e *env, file string, o netc.Options, main func(m *ir.Module, net, model string, train bool) (string, error)) error {
	if err := m.check(); err != nil {
		return err
	}
	s, err := netc.Open(file, e.in)
	if err != nil {
		return failed(err)
	}
	o.Train = m.training
	built, err := e.compile(s, o)
	if err != nil {
		return err
	}
	text, err := main(built.Module, m.net, "program/model", m.training)
	if err != nil {
		return failed(err)
	}
	return m.run(e, built, text)
}

// run builds the program with the given main file around the package and runs it.
func (m *measured) run(e *env, built *netc.Package, main string) error {
	exe, err := program.Build(built, main)
	if err != nil {
		return failed(err)
	}
	args := []string{"-batch", strconv.Itoa(m.batch), "-threads", strconv.Itoa(m.threads)}
	var settings []string
	if m.isa != "" {
		settings = append(settings, "NETC_ISA="+m.isa)
		args = append(args, "-isa", m.isa)
	}
	if e.json {
		args = append(args, "-json")
	}
	if m.starts && !m.training {
		cold, err := coldStart(e, exe, args, settings)
		if err != nil {
			return err
		}
		args = append(args, "-cold", strconv.FormatFloat(cold, 'g', -1, 64))
	}
	return start(e, exe, args, e.out, settings)
}

// start runs exe. The time of the start, which that to the first answer is counted from, is
// the last thing it is told.
func start(e *env, exe string, args []string, out io.Writer, settings []string) error {
	args = append(args, "-started", strconv.FormatInt(time.Now().UnixNano(), 10))
	code, err := program.Run(exe, args, e.in, out, e.err, settings...)
	if err != nil {
		return failed(err)
	}
	if code != exitOK {
		return reported(code)
	}
	return nil
}

// How often a program is started for the time to its first answer: so many times, or as
// many as some time has room for.
const (
	mostStarts = 9
	startTime  = time.Second
)

// coldStart returns the median of the milliseconds from the start of exe to its first answer.
func coldStart(e *env, exe string, args, settings []string) (float64, error) {
	var took []float64
	for began := time.Now(); len(took) < mostStarts && (took == nil || time.Since(began) < startTime); {
		var out bytes.Buffer
		if err := start(e, exe, append(slices.Clone(args), "-first"), &out, settings); err != nil {
			return 0, err
		}
		ms, err := strconv.ParseFloat(strings.TrimSpace(out.String()), 64)
		if err != nil {
			return 0, failed(fmt.Errorf("the generated program told no time: %w", err))
		}
		took = append(took, ms)
	}
	slices.Sort(took)
	return took[len(took)/2], nil
}
