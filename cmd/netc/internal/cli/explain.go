package cli

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/netc-lang/netc/internal/diag"
)

func newExplain(e *env) *cobra.Command {
	return &cobra.Command{
		Use:   "explain CODE",
		Short: "print the page of a diagnostic, such as E0203",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 1 && strings.HasSuffix(args[0], ".net") {
				return failed(fmt.Errorf("%s: pictures of the explain section are checked, but this version of netc does not compile them (netc explain W0601)", args[0]))
			}
			return cobra.ExactArgs(1)(nil, args)
		},
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
			if e.json {
				title, _, _ := strings.Cut(strings.TrimPrefix(page, "# "), "\n")
				return json.NewEncoder(e.out).Encode(map[string]string{"code": strings.ToUpper(args[0]), "title": title, "page": page})
			}
			fmt.Fprint(e.out, page)
			return nil
		},
	}
}
