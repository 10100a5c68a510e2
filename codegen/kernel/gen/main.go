// Command gen writes the assembly of runtime/kernel and the Go declarations beside
// it into the folder it is given. `go generate ./...` runs it here, before anything
// that needs the kernels to build.
package main

//go:generate go run . ../../../runtime/kernel

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/netc-lang/netc/codegen/kernel"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "gen:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) != 1 {
		return fmt.Errorf("expected one argument, the folder to write to, found %d", len(args))
	}
	files, err := kernel.Runtime()
	if err != nil {
		return err
	}
	blocked, err := kernel.Blocked()
	if err != nil {
		return err
	}
	files = append(files, blocked...)
	for _, f := range files {
		if err := os.WriteFile(filepath.Join(args[0], f.Name), f.Data, 0o644); err != nil {
			return err
		}
	}
	return nil
}
