// Command netc compiles .net files to Go packages, trains them, and shows what
// they are. See the README and `netc help`.
package main

import (
	"os"

	"github.com/netc-lang/netc/cmd/netc/internal/cli"
)

func main() { os.Exit(cli.Main(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }
