package cli

import (
	"github.com/spf13/cobra"

	"github.com/netc-lang/netc"
	"github.com/netc-lang/netc/internal/diag"
)

func newCheck(e *env) *cobra.Command {
	return &cobra.Command{
		Use:               "check FILE...",
		Aliases:           []string{"vet"},
		Short:             "report every mistake that can be known before running",
		Args:              cobra.MinimumNArgs(1),
		ValidArgsFunction: netFiles,
		RunE: func(_ *cobra.Command, args []string) error {
			var all diag.List
			for _, path := range args {
				s, err := netc.Open(path, e.in)
				if err != nil {
					return failed(err)
				}
				_, list := s.Check()
				all = append(all, list...)
			}
			if e.json {
				if _, err := e.out.Write(diag.JSON(all)); err != nil {
					return failed(err)
				}
			} else {
				e.report(all)
			}
			if all.HasErrors() {
				return reported(exitFailed)
			}
			return nil
		},
	}
}
