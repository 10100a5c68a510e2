package cli

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/spf13/cobra"

	"github.com/netc-lang/netc"
	"github.com/netc-lang/netc/runtime/weights"
)

// scaffold is what `netc new` writes, with NAME and VERSION to be replaced; go.mod
// and main.go have another ending here, so that they are no part of netc itself.
//
//go:embed scaffold
var scaffold embed.FS

var moduleName = regexp.MustCompile(`^[a-z][a-z0-9]+$`)

func newNew(e *env) *cobra.Command {
	return &cobra.Command{
		Use:   "new NAME",
		Short: "make a module with a network, a program that uses it and a README",
		Long: `new makes the folder NAME with a Go module: a .net file to begin with, a main.go
that classifies pictures with the generated package, and a README with the commands.`,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(_ *cobra.Command, args []string) error {
			dir := args[0]
			name := filepath.Base(dir)
			if !moduleName.MatchString(name) {
				return exitError{exitUsage, fmt.Errorf("%q cannot name a package: use small letters and digits, two or more, a letter first", name)}
			}
			if err := os.Mkdir(dir, 0o755); err != nil {
				if errors.Is(err, fs.ErrExist) {
					return failed(fmt.Errorf("%s exists already; nothing was written", dir))
				}
				return failed(err)
			}
			if err := writeScaffold(dir, name); err != nil {
				return failed(err)
			}
			if !e.quiet {
				fmt.Fprintf(e.out, "made %s; %s/README.md says how to go on\n", dir, dir)
			}
			return nil
		},
	}
}

func writeScaffold(dir, name string) error {
	entries, err := scaffold.ReadDir("scaffold")
	if err != nil {
		return err
	}
	fill := strings.NewReplacer("NAME", name, "VERSION", netc.Version())
	for _, f := range entries {
		text, err := scaffold.ReadFile(path.Join("scaffold", f.Name()))
		if err != nil {
			return err
		}
		to := strings.TrimSuffix(strings.Replace(f.Name(), "net.net", name+".net", 1), ".txt")
		if err := weights.WriteFileAtomic(filepath.Join(dir, to), []byte(fill.Replace(string(text)))); err != nil {
			return err
		}
	}
	return nil
}
