package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/netc-lang/netc"
	"github.com/netc-lang/netc/internal/diag"
	"github.com/netc-lang/netc/lang/format"
	"github.com/netc-lang/netc/runtime/weights"
)

func newFmt(e *env) *cobra.Command {
	var list, write, diff bool
	c := &cobra.Command{
		Use:   "fmt [-l -w -d] [FILE...]",
		Short: "print .net files in the canonical form",
		Long: `fmt prints .net files in the one canonical form, as gofmt does for Go. Without
files it reads standard input. -l lists the files that would change, -w rewrites
them, -d prints what would change; -l and -d exit with 1 when something would.`,
		ValidArgsFunction: netFiles,
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				args = []string{"-"}
			}
			failedAny, changedAny := false, false
			files := []formattedFile{}
			for _, path := range args {
				text, err := readFile(path, e.in)
				if err != nil {
					return failed(err)
				}
				done, problems := format.Source(&diag.File{Name: path, Text: text})
				if problems.HasErrors() {
					e.report(problems)
					failedAny = true
					continue
				}
				changed := !bytes.Equal(text, done)
				changedAny = changedAny || changed
				if e.json {
					x := formattedFile{File: path, Changed: changed}
					if !list && !write && !diff {
						x.Text = string(done)
					}
					files = append(files, x)
				}
				if err := e.formatted(path, text, done, changed, list, write, diff); err != nil {
					return failed(err)
				}
			}
			if e.json {
				if err := json.NewEncoder(e.out).Encode(map[string]any{"files": files}); err != nil {
					return failed(err)
				}
			}
			if failedAny || changedAny && (list || diff) && !write {
				return reported(exitFailed)
			}
			return nil
		},
	}
	f := c.Flags()
	f.BoolVarP(&list, "list", "l", false, "list the files whose form would change")
	f.BoolVarP(&write, "write", "w", false, "rewrite the files")
	f.BoolVarP(&diff, "diff", "d", false, "print what would change")
	return c
}

// formattedFile is what --json tells of a file; the text where no flag asks for less.
type formattedFile struct {
	File    string `json:"file"`
	Changed bool   `json:"changed"`
	Text    string `json:"text,omitempty"`
}

// formatted does with one file what the flags ask.
func (e *env) formatted(path string, old, done []byte, changed, list, write, diff bool) error {
	if list && changed && !e.json {
		fmt.Fprintln(e.out, path)
	}
	if diff && changed && !e.json {
		printDiff(e.out, path, old, done)
	}
	if write && changed {
		if path == "-" {
			return fmt.Errorf("-w cannot rewrite standard input")
		}
		return weights.WriteFileAtomic(path, done)
	}
	if !list && !write && !diff && !e.json {
		_, err := e.out.Write(done)
		return err
	}
	return nil
}

// printDiff prints the changed lines. The formatter never joins or breaks lines,
// so lines pair up one to one; only blank lines come and go.
func printDiff(w io.Writer, path string, old, done []byte) {
	fmt.Fprintf(w, "--- %s\n+++ %s (formatted)\n", path, path)
	a, b := bytes.Split(old, []byte("\n")), bytes.Split(done, []byte("\n"))
	for i, j := 0, 0; i < len(a) || j < len(b); {
		switch {
		case i < len(a) && j < len(b) && bytes.Equal(a[i], b[j]):
			i, j = i+1, j+1
		case i < len(a) && len(bytes.TrimSpace(a[i])) == 0 && (j >= len(b) || len(bytes.TrimSpace(b[j])) > 0):
			fmt.Fprintf(w, "@@ line %d @@\n-%s\n", i+1, a[i])
			i++
		case j < len(b) && len(bytes.TrimSpace(b[j])) == 0 && (i >= len(a) || len(bytes.TrimSpace(a[i])) > 0):
			fmt.Fprintf(w, "@@ line %d @@\n+%s\n", i+1, b[j])
			j++
		default:
			fmt.Fprintf(w, "@@ line %d @@\n", i+1)
			if i < len(a) {
				fmt.Fprintf(w, "-%s\n", a[i])
				i++
			}
			if j < len(b) {
				fmt.Fprintf(w, "+%s\n", b[j])
				j++
			}
		}
	}
}

// readFile reads a source file or, for "-", standard input.
func readFile(path string, in io.Reader) ([]byte, error) {
	if path != "-" {
		if info, err := os.Stat(path); err == nil && info.Size() > netc.MaxSource {
			return nil, fmt.Errorf("%s is larger than %d MB, the limit for a .net file", path, netc.MaxSource>>20)
		}
		return os.ReadFile(path)
	}
	text, err := io.ReadAll(io.LimitReader(in, netc.MaxSource+1))
	if err == nil && len(text) > netc.MaxSource {
		err = fmt.Errorf("standard input is larger than %d MB", netc.MaxSource>>20)
	}
	return text, err
}
