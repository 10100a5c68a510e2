package cli

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/netc-lang/netc"
	"github.com/netc-lang/netc/internal/diag"
	"github.com/netc-lang/netc/runtime/kernel"
)

// Exit codes, the convention of go vet and flag.
const (
	exitOK          = 0
	exitFailed      = 1
	exitUsage       = 2
	exitInterrupted = 130
)

// env is what every verb works with: the streams and the global flags.
type env struct {
	in       io.Reader
	out, err io.Writer
	json     bool
	quiet    bool
	verbose  bool
	color    string
	dir      string
}

// exitError ends a verb with a code; a nil Err has been reported already.
type exitError struct {
	code int
	err  error
}

func (e exitError) Error() string {
	if e.err == nil {
		return fmt.Sprintf("exit code %d", e.code)
	}
	return e.err.Error()
}

// failed reports err and exits with 1.
func failed(err error) error { return exitError{exitFailed, err} }

// reported exits with code; everything has been said.
func reported(code int) error { return exitError{code, nil} }

// Main runs netc with args (without the program name) and returns the exit code.
func Main(args []string, in io.Reader, out, errw io.Writer) int {
	e := &env{in: in, out: out, err: errw}
	root := newRoot(e)
	root.SetArgs(args)
	root.SetIn(in)
	root.SetOut(out)
	root.SetErr(errw)
	err := root.Execute()
	var exit exitError
	switch {
	case err == nil:
		return exitOK
	case errors.As(err, &exit):
		if exit.err != nil {
			fmt.Fprintln(errw, "netc:", exit.err)
		}
		return exit.code
	default: // cobra's own: unknown verb, unknown flag, wrong number of arguments
		fmt.Fprintln(errw, "netc:", err)
		fmt.Fprintln(errw, "run `netc help` for the verbs, `netc help VERB` for one")
		return exitUsage
	}
}

func newRoot(e *env) *cobra.Command {
	root := &cobra.Command{
		Use:   "netc",
		Short: "netc compiles image networks written as .net files to Go packages",
		Long: `netc compiles image networks written as .net files to Go packages.

A .net file says what a network is: its graph, its data, its training, its
deployment. The same file trains and serves. FILE is a .net file, - for standard
input, or a module of the standard library.`,
		Version:           netc.Build(),
		SilenceErrors:     true,
		SilenceUsage:      true,
		Args:              cobra.NoArgs,
		RunE:              func(c *cobra.Command, _ []string) error { return c.Help() },
		CompletionOptions: cobra.CompletionOptions{DisableDefaultCmd: true},
	}
	f := root.PersistentFlags()
	f.BoolVar(&e.json, "json", false, "print JSON to standard output and nothing else")
	f.BoolVarP(&e.quiet, "quiet", "q", false, "say nothing but errors")
	f.BoolVarP(&e.verbose, "verbose", "v", false, "say what each pass does")
	f.StringVarP(&e.dir, "chdir", "C", "", "change to this folder first")
	f.StringVar(&e.color, "color", "auto", "colour of diagnostics: auto, always or never")
	_ = root.RegisterFlagCompletionFunc("color", cobra.FixedCompletions(
		[]string{"auto", "always", "never"}, cobra.ShellCompDirectiveNoFileComp))
	root.PersistentPreRunE = func(*cobra.Command, []string) error {
		switch e.color {
		case "auto", "always", "never":
		default:
			return exitError{exitUsage, fmt.Errorf("--color is auto, always or never, not %q", e.color)}
		}
		if err := kernel.SelectionError(); err != nil { // what netc builds and runs would say it late
			return exitError{exitUsage, err}
		}
		if e.dir == "" {
			return nil
		}
		if err := os.Chdir(e.dir); err != nil {
			return exitError{exitUsage, fmt.Errorf("-C: %w", err)}
		}
		return nil
	}
	root.AddCommand(
		newCompile(e), newTrain(e), newEval(e), newPredict(e), newBench(e), newProfile(e), newTune(e), newCheck(e), newVet(e), newTest(e),
		newNew(e), newFmt(e), newSummary(e), newGraph(e), newExplain(e), newDoc(e), newLSP(e), newVersion(e), newCompletion(e),
	)
	return root
}

// useColor decides about colour on the error stream: only on a terminal unless
// asked, and never against NO_COLOR.
func (e *env) useColor() bool {
	switch e.color {
	case "always":
		return true
	case "never":
		return false
	}
	if os.Getenv("NO_COLOR") != "" || os.Getenv("TERM") == "dumb" {
		return false
	}
	return os.Getenv("CLICOLOR_FORCE") != "" || isTerminal(e.err)
}

// report prints diagnostics for people to the error stream.
func (e *env) report(list diag.List) {
	if e.quiet {
		kept := diag.List{}
		for _, d := range list {
			if d.Severity == diag.Error {
				kept = append(kept, d)
			}
		}
		list = kept
	}
	diag.Render(e.err, list, diag.RenderOptions{Color: e.useColor()})
}

// netFiles completes arguments with .net files.
func netFiles(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	return []string{"net"}, cobra.ShellCompDirectiveFilterFileExt
}
