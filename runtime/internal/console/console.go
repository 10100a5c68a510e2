package console

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
)

// The exit codes.
const (
	OK          = 0
	Failed      = 1
	WrongUsage  = 2
	Interrupted = 130
)

// Streams are the standard ones, but for tests.
type Streams struct {
	In       io.Reader
	Out, Err io.Writer
}

// Standard returns those of the process.
func Standard() Streams { return Streams{os.Stdin, os.Stdout, os.Stderr} }

// Fail prints err in one line and returns the exit code.
func (s Streams) Fail(err error) int {
	fmt.Fprintf(s.Err, "netc: %s\n", strings.ReplaceAll(err.Error(), "\n", " "))
	return Failed
}

// Parse reads the flags of one program. A usage error has been printed when ok is
// false; code is then the exit code.
func (s Streams) Parse(f *flag.FlagSet, args []string) (code int, ok bool) {
	f.SetOutput(io.Discard)
	f.Usage = func() {}
	switch err := f.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		f.SetOutput(s.Out)
		f.PrintDefaults()
		return OK, false
	case err != nil:
		fmt.Fprintf(s.Err, "netc: %v\n", err)
		return WrongUsage, false
	}
	return OK, true
}

// Usage prints what is wrong with the arguments and returns the exit code.
func (s Streams) Usage(format string, args ...any) int {
	fmt.Fprintf(s.Err, "netc: "+format+"\n", args...)
	return WrongUsage
}
