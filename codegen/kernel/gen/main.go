// Command gen writes the assembly of runtime/kernel. Run it with
//
//	go generate ./runtime/kernel
//
// in the folder of that package; it overwrites the *_amd64.s files there and the
// Go declarations beside them.
package main

import (
	"fmt"
	"os"

	"github.com/netc-lang/netc/codegen/kernel"
)

func main() {
	files, err := kernel.Runtime()
	if err != nil {
		fmt.Fprintln(os.Stderr, "gen:", err)
		os.Exit(1)
	}
	for _, f := range files {
		if err := os.WriteFile(f.Name, f.Data, 0o644); err != nil {
			fmt.Fprintln(os.Stderr, "gen:", err)
			os.Exit(1)
		}
	}
}
