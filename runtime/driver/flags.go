package driver

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"

	"github.com/netc-lang/netc/runtime/train"
)

// The exit codes.
const (
	exitOK          = 0
	exitFailed      = 1
	exitUsage       = 2
	exitInterrupted = 130
)

// streams are the standard ones, but for tests.
type streams struct {
	in       io.Reader
	out, err io.Writer
}

func standard() streams { return streams{os.Stdin, os.Stdout, os.Stderr} }

func (s streams) fail(err error) int {
	fmt.Fprintf(s.err, "netc: %s\n", strings.ReplaceAll(err.Error(), "\n", " "))
	return exitFailed
}

// parse reads the flags of one program. A usage error has been printed when ok is
// false; code is then the exit code.
func (s streams) parse(f *flag.FlagSet, args []string) (code int, ok bool) {
	f.SetOutput(io.Discard)
	f.Usage = func() {}
	switch err := f.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		f.SetOutput(s.out)
		f.PrintDefaults()
		return exitOK, false
	case err != nil:
		fmt.Fprintf(s.err, "netc: %v\n", err)
		return exitUsage, false
	}
	return exitOK, true
}

func (s streams) usage(format string, args ...any) int {
	fmt.Fprintf(s.err, "netc: "+format+"\n", args...)
	return exitUsage
}

// rightNet refuses -net of another net than that of the program.
func rightNet(p *train.Program, asked string) error {
	if asked != "" && asked != p.Net {
		return fmt.Errorf("%s was compiled for the net %s, not %s", p.Source, p.Net, asked)
	}
	return nil
}

// width returns a function that tells the columns of the terminal that w is, and
// whether it is one that a line can be redrawn on.
func width(w io.Writer) (columns func() int, ok bool) {
	f, isFile := w.(*os.File)
	if !isFile || !term.IsTerminal(int(f.Fd())) || os.Getenv("TERM") == "dumb" || os.Getenv("CI") != "" {
		return nil, false
	}
	return func() int {
		if n, _, err := term.GetSize(int(f.Fd())); err == nil && n > 0 {
			return n
		}
		return 80
	}, true
}
