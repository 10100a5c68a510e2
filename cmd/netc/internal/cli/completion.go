package cli

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"
)

func newCompletion(e *env) *cobra.Command {
	scripts := map[string]func(root *cobra.Command) error{
		"bash":       func(root *cobra.Command) error { return root.GenBashCompletionV2(e.out, true) },
		"zsh":        func(root *cobra.Command) error { return root.GenZshCompletion(e.out) },
		"fish":       func(root *cobra.Command) error { return root.GenFishCompletion(e.out, true) },
		"powershell": func(root *cobra.Command) error { return root.GenPowerShellCompletionWithDesc(e.out) },
	}
	shells := slices.Sorted(maps.Keys(scripts))
	return &cobra.Command{
		Use:   "completion SHELL",
		Short: "print the script by which a shell completes verbs, flags and files",
		Long: `completion prints a script for bash, zsh, fish or powershell. For this session:

    source <(netc completion bash)
    source <(netc completion zsh)
    netc completion fish | source`,
		Args:      cobra.ExactArgs(1),
		ValidArgs: shells,
		RunE: func(c *cobra.Command, args []string) error {
			script := scripts[args[0]]
			if script == nil {
				return exitError{exitUsage, fmt.Errorf("a shell is one of %s, not %q", strings.Join(shells, ", "), args[0])}
			}
			return script(c.Root())
		},
	}
}
