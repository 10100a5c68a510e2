package cli

import (
	"errors"
	"os"
	"runtime/debug"

	"github.com/spf13/cobra"

	"github.com/netc-lang/netc"
	"github.com/netc-lang/netc/internal/diag"
)

func newCheck(e *env) *cobra.Command {
	return e.checker("check FILE...", "report every mistake that can be known before running", "",
		func(s *netc.Source) diag.List {
			_, list := s.Check()
			return list
		})
}

func newVet(e *env) *cobra.Command {
	return e.checker("vet FILE...", "check, and advise what a later edit would stumble over",
		`vet reports what check reports and, for a correct program, advice: unnamed layers
whose weights are told apart by their place, data that nothing reads. Advice does not
change the exit code.`, (*netc.Source).Vet)
}

// checker is a verb that prints diagnostics of files.
func (e *env) checker(use, short, long string, run func(*netc.Source) diag.List) *cobra.Command {
	sarif := false
	c := &cobra.Command{
		Use:               use,
		Short:             short,
		Long:              long,
		Args:              cobra.MinimumNArgs(1),
		ValidArgsFunction: netFiles,
		RunE: func(_ *cobra.Command, args []string) error {
			if sarif && e.json {
				return exitError{exitUsage, errors.New("--json and --sarif are two forms of the same: choose one")}
			}
			relaxCollector()
			var all diag.List
			for _, path := range args {
				s, err := netc.Open(path, e.in)
				if err != nil {
					return failed(err)
				}
				all = append(all, run(s)...)
			}
			var text []byte
			switch {
			case sarif:
				text = diag.SARIF(all, netc.Build())
			case e.json:
				text = diag.JSON(all)
			default:
				e.report(all)
			}
			if _, err := e.out.Write(text); err != nil {
				return failed(err)
			}
			if all.HasErrors() {
				return reported(exitFailed)
			}
			return nil
		},
	}
	c.Flags().BoolVar(&sarif, "sarif", false, "print SARIF 2.1.0, the form that code scanners read")
	return c
}

// relaxCollector lets the heap of a run that ends at once grow before garbage is
// collected: most of the time of a check is short-lived memory.
func relaxCollector() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(200)
		debug.SetMemoryLimit(160 << 20)
	}
}
