package cli

import (
	"encoding/json"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/netc-lang/netc"
)

func newTest(e *env) *cobra.Command {
	return &cobra.Command{
		Use:               "test FILE...",
		Short:             "run the test blocks of .net files",
		Args:              cobra.MinimumNArgs(1),
		ValidArgsFunction: netFiles,
		RunE: func(_ *cobra.Command, args []string) error {
			ok, ran := true, 0
			enc := json.NewEncoder(e.out)
			for _, path := range args {
				s, err := netc.Open(path, e.in)
				if err != nil {
					return failed(err)
				}
				program, list := s.Check()
				e.report(list)
				if program == nil {
					ok = false
					continue
				}
				for _, t := range program.Tests {
					ran++
					status := "pass"
					if !t.Passed {
						status, ok = "fail", false
						e.report(t.Failures)
					}
					pos := t.Span.Pos()
					switch {
					case e.json:
						if err := enc.Encode(testLine{t.Name, status, pos.File, pos.Line}); err != nil {
							return failed(err)
						}
					case !e.quiet:
						fmt.Fprintf(e.out, "%-4s %s:%d %s\n", status, pos.File, pos.Line, t.Name)
					}
				}
			}
			if !e.json && !e.quiet && ran == 0 && ok {
				fmt.Fprintln(e.out, "no test blocks")
			}
			if !ok {
				return reported(exitFailed)
			}
			return nil
		},
	}
}

type testLine struct {
	Test   string `json:"test"`
	Status string `json:"status"`
	File   string `json:"file"`
	Line   int    `json:"line"`
}
