package cli

import (
	"encoding/json"
	"fmt"
	"runtime"

	"github.com/spf13/cobra"

	"github.com/netc-lang/netc"
)

func newVersion(e *env) *cobra.Command {
	return &cobra.Command{
		Use:               "version",
		Short:             "print the version of netc",
		Args:              cobra.NoArgs,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(*cobra.Command, []string) error {
			if e.json {
				return json.NewEncoder(e.out).Encode(map[string]string{
					"version": netc.Version(), "build": netc.Build(), "go": runtime.Version(),
					"os": runtime.GOOS, "arch": runtime.GOARCH,
				})
			}
			fmt.Fprintf(e.out, "netc %s %s %s/%s\n", netc.Build(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
			return nil
		},
	}
}
