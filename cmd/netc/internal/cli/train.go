package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/netc-lang/netc"
	"github.com/netc-lang/netc/cmd/netc/internal/program"
)

// runFlags are what the verbs that run a generated program share.
type runFlags struct {
	net, data, weights string
	threads            int
}

func (r *runFlags) add(c *cobra.Command) {
	f := c.Flags()
	f.StringVar(&r.net, "net", "", "the net, where the file has several train sections")
	f.StringVar(&r.data, "data", "", "folder that the source's relative paths start at (default: that of FILE)")
	f.IntVar(&r.threads, "threads", 0, "threads (default: all processors)")
}

// args are the flags of the generated program.
func (r *runFlags) args(e *env, s *netc.Source) ([]string, error) {
	data := r.data
	if data == "" {
		data = s.Dir
	}
	data, err := filepath.Abs(data)
	if err != nil {
		return nil, failed(err)
	}
	s.Data = data
	args := []string{"-data", data}
	if r.net != "" {
		args = append(args, "-net", r.net)
	}
	if r.threads < 0 {
		return nil, exitError{exitUsage, fmt.Errorf("--threads wants a positive number, not %d", r.threads)}
	}
	if r.threads > 0 {
		args = append(args, "-threads", strconv.Itoa(r.threads))
	}
	if e.json {
		args = append(args, "-json")
	}
	if e.quiet {
		args = append(args, "-quiet")
	}
	return args, nil
}

func newTrain(e *env) *cobra.Command {
	var (
		run         runFlags
		epochs      int
		batch       int
		seed        int64
		out, resume string
	)
	c := &cobra.Command{
		Use:   "train FILE",
		Short: "train a network and write its weights",
		Long: `train builds the training program of a .net file in the cache, runs it, and
writes NAME.safetensors beside FILE when it ends. Checkpoints go to the run folder
(default: runs/NAME); Ctrl-C writes one and exits with 130, --resume goes on from
it, bit for bit as if it had never stopped.`,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: netFiles,
		RunE: func(c *cobra.Command, args []string) error {
			s, err := netc.Open(args[0], e.in)
			if err != nil {
				return failed(err)
			}
			more, err := run.args(e, s)
			if err != nil {
				return err
			}
			if epochs < 0 || batch < 0 || epochs == 0 && c.Flags().Changed("epochs") || batch == 0 && c.Flags().Changed("batch") {
				return exitError{exitUsage, fmt.Errorf("--epochs and --batch want positive numbers")}
			}
			if out == "" && resume == "" { // a resumed run goes on in its own folder
				out = filepath.Join("runs", s.Stem)
			}
			weights := run.weights
			if weights == "" {
				weights = s.DefaultWeights()
			}
			if weights, err = filepath.Abs(weights); err != nil {
				return failed(err)
			}
			if s.Loads(weights) {
				return failed(fmt.Errorf("training would write its weights over %s, which a weights section loads; name another file with --weights", weights))
			}
			more = append(more, "-weights", weights)
			if out != "" {
				more = append(more, "-out", out)
			}
			if epochs > 0 {
				more = append(more, "-epochs", strconv.Itoa(epochs))
			}
			if batch > 0 {
				more = append(more, "-batch", strconv.Itoa(batch))
			}
			if c.Flags().Changed("seed") {
				more = append(more, "-seed", strconv.FormatInt(seed, 10))
			}
			if resume != "" {
				more = append(more, "-resume", resume)
			}
			if err := e.lists(s, "train"); err != nil {
				return err
			}
			return e.trainer(s, "Train", run.net, more, resume == "")
		},
	}
	run.add(c)
	f := c.Flags()
	f.IntVar(&epochs, "epochs", 0, "epochs (default: those of the file)")
	f.IntVar(&batch, "batch", 0, "samples of a step (default: those of the file)")
	f.Int64Var(&seed, "seed", 0, "seed of weights, order and augmentation (default: that of the file)")
	f.StringVar(&out, "out", "", "run folder (default: runs/NAME, or the one that is resumed)")
	f.StringVar(&resume, "resume", "", "run folder to go on from")
	f.StringVar(&run.weights, "weights", "", "file to write the weights to (default: NAME.safetensors beside FILE)")
	return c
}

func newEval(e *env) *cobra.Command {
	var run runFlags
	c := &cobra.Command{
		Use:               "eval FILE",
		Short:             "measure the metrics of the file's train section on the test split",
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: netFiles,
		RunE: func(_ *cobra.Command, args []string) error {
			s, err := netc.Open(args[0], e.in)
			if err != nil {
				return failed(err)
			}
			more, err := run.args(e, s)
			if err != nil {
				return err
			}
			if err := e.lists(s, "train"); err != nil {
				return err
			}
			if names, written := s.Pretrained(); run.weights == "" && names && !written {
				// What a weights section loads can be measured as it is.
				return e.trainer(s, "Eval", run.net, more, true)
			}
			weights, err := e.trained(s, run.weights)
			if err != nil {
				return err
			}
			return e.trainer(s, "Eval", run.net, append(more, "-weights", weights), false)
		},
	}
	run.add(c)
	c.Flags().StringVar(&run.weights, "weights", "", "safetensors file (default: NAME.safetensors beside FILE)")
	return c
}

// lists makes sure that s has a section of that kind, before files are asked for.
func (e *env) lists(s *netc.Source, kind string) error {
	p, list := s.Check()
	switch {
	case p == nil:
		e.report(list)
		return reported(exitFailed)
	case kind == "train" && len(p.Trains) == 0:
		return failed(noTrain(s))
	case kind == "predict" && len(p.Predicts) == 0:
		return failed(noPredict(s))
	}
	return nil
}

func noTrain(s *netc.Source) error {
	return fmt.Errorf("%s has no train section; write `train NET on DATA { loss = ... }`", s.Path)
}

func noPredict(s *netc.Source) error {
	return fmt.Errorf("%s has no predict section; write `predict NET on DATA { name = expression }`", s.Path)
}

// trained returns the weights file to use, or says how to get one.
func (e *env) trained(s *netc.Source, asked string) (string, error) {
	path := asked
	if path == "" {
		path = s.DefaultWeights()
	}
	abs, err := filepath.Abs(path)
	if err != nil {
		return "", failed(err)
	}
	if !exists(abs) {
		hint := ""
		if asked == "" {
			hint = fmt.Sprintf(": train it first with `netc train %s`, or name a file with --weights", s.Path)
		}
		return "", failed(fmt.Errorf("no weights at %s%s", path, hint))
	}
	return abs, nil
}

// trainer builds the training half of s and runs driver.MAIN for net with args. With
// start it begins with what the weights section of the net loads.
func (e *env) trainer(s *netc.Source, main, net string, args []string, start bool) error {
	// The training program starts from its own initial values or from files.
	built, list, err := netc.Compile(s, netc.Options{Initial: true, Train: true})
	e.report(list)
	switch {
	case err != nil:
		return failed(err)
	case built == nil:
		return reported(exitFailed)
	case (net != "" || len(built.Module.Trains) == 0) && e.refused(built, "train", net):
		return reported(exitFailed)
	case len(built.Module.Trains) == 0:
		return failed(noTrain(s))
	}
	constructor, net, err := trainProgram(built, s, net)
	if err != nil {
		return failed(err)
	}
	if start {
		file, err := startFile(built, net)
		if err != nil {
			return failed(err)
		}
		if file != "" {
			defer os.Remove(file)
			flag := "-start"
			if main == "Eval" {
				flag = "-weights"
			}
			args = append(args, flag, file)
		}
	}
	return e.execute(built, fmt.Sprintf(trainMain, main, constructor), args)
}

// startFile writes the weights that training of net begins with to a temporary file;
// "" when it has no weights section.
func startFile(built *netc.Package, net string) (path string, err error) {
	data, err := built.Start(net)
	if err != nil || data == nil {
		return "", err
	}
	f, err := os.CreateTemp("", "netc-start-*.safetensors")
	if err != nil {
		return "", err
	}
	_, err = f.Write(data)
	if e := f.Close(); err == nil {
		err = e
	}
	if err != nil {
		os.Remove(f.Name())
		return "", err
	}
	return f.Name(), nil
}

// trainProgram returns the function of the training half that gives the train
// section of net, Program where the file has only one, and the net.
func trainProgram(built *netc.Package, s *netc.Source, net string) (constructor, trained string, err error) {
	var have []string
	for _, t := range built.Module.Trains {
		if !slices.Contains(have, t.Net) { // a net with phases has several steps
			have = append(have, t.Net)
		}
	}
	switch {
	case net != "" && !slices.Contains(have, net):
		return "", "", fmt.Errorf("%s has no train section for %s; it has one for %s", s.Path, net, strings.Join(have, ", "))
	case len(have) == 1:
		return "Program", have[0], nil
	case net == "":
		return "", "", fmt.Errorf("%s has several train sections; choose one with --net: %s", s.Path, strings.Join(have, ", "))
	}
	return net + "Program", net, nil
}

const trainMain = `package main

import (
	"os"

	"github.com/netc-lang/netc/runtime/driver"

	model "program/model/train"
)

func main() { os.Exit(driver.%s(model.%s())) }
`

// execute builds and runs a program and passes its exit code on.
func (e *env) execute(built *netc.Package, main string, args []string) error {
	exe, err := program.Build(built, main)
	if err != nil {
		return failed(err)
	}
	code, err := program.Run(exe, args, e.in, e.out, e.err)
	if err != nil {
		return failed(err)
	}
	if code != exitOK {
		return reported(code)
	}
	return nil
}
