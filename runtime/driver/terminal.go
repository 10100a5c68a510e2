package driver

import (
	"io"
	"os"

	"golang.org/x/term"
)

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
