package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/netc-lang/netc/internal/diag"
)

func newExplain(e *env) *cobra.Command {
	return &cobra.Command{
		Use:   "explain CODE",
		Short: "print the page of a diagnostic, such as E0203",
		Args:  cobra.ExactArgs(1),
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return diag.Codes(), cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(_ *cobra.Command, args []string) error {
			page, ok := diag.Page(strings.ToUpper(args[0]))
			if !ok {
				err := fmt.Errorf("no diagnostic has the code %q", args[0])
				if near := diag.Closest(strings.ToUpper(args[0]), diag.Codes()); near != "" {
					err = fmt.Errorf("%w; did you mean %s?", err, near)
				}
				return failed(err)
			}
			fmt.Fprint(e.out, page)
			return nil
		},
	}
}
