package check

import (
	"fmt"

	"github.com/netc-lang/netc/internal/diag"
)

// checkShared refuses what the IR cannot tell apart: it knows weights by net and
// path, and a net that uses another one must not meet a third one's weight under
// the same path. Weights are named by the first net that uses them.
func (c *checker) checkShared() {
	type owned struct {
		net   string
		state *State
	}
	byPath := map[string][]owned{}
	known := map[*State]bool{}
	for _, n := range c.program.Nets {
		for _, s := range n.States {
			if !known[s] {
				known[s] = true
				byPath[s.Path] = append(byPath[s.Path], owned{n.Name, s})
			}
		}
	}
	for _, n := range c.program.Nets {
		for _, s := range n.States {
			found := byPath[s.Path][0]
			for _, o := range byPath[s.Path] {
				if o.net == n.Name {
					found = o
					break
				}
			}
			if found.state != s {
				c.report(diag.Diagnostic{
					Code: "E0601", Span: n.Span,
					Message: fmt.Sprintf("net `%s` uses a net whose weight `%s` is also the name of a weight of `%s`, and this version of netc can't compile that yet", n.Name, s.Path, found.net),
					Hint:    "name the stages of one of them with `as`",
				})
				break
			}
		}
	}
}
