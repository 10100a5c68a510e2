package cli

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/netc-lang/netc"
	"github.com/netc-lang/netc/internal/diag"
)

func newDoc(e *env) *cobra.Command {
	return &cobra.Command{
		Use:   "doc [TOPIC|NAME]",
		Short: "say what a layer, step, optimiser or another word means",
		Args:  cobra.MaximumNArgs(1),
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return words(), cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(_ *cobra.Command, args []string) error {
			if e.json {
				topics := netc.Manual()
				if len(args) > 0 {
					if topics = about(args[0]); len(topics) == 0 {
						return unknownWord(args[0])
					}
				}
				return json.NewEncoder(e.out).Encode(map[string]any{"topics": topics})
			}
			if len(args) == 0 {
				for _, t := range netc.Manual() {
					e.topic(t)
				}
				return nil
			}
			topic := false
			for _, t := range netc.Manual() {
				if t.Name == args[0] {
					e.topic(t)
					topic = true
				}
			}
			if topic && !isWord(args[0]) {
				return nil
			}
			return e.word(args[0])
		},
	}
}

// about returns the topic of that name, and the words of that name under their topics.
func about(name string) []netc.Topic {
	var out []netc.Topic
	for _, t := range netc.Manual() {
		if t.Name != name {
			t.Entries = slices.DeleteFunc(slices.Clone(t.Entries), func(x netc.Entry) bool { return x.Name != name })
		}
		if len(t.Entries) > 0 {
			out = append(out, t)
		}
	}
	return out
}

// isWord reports whether a topic has a word of that name: attention is both.
func isWord(name string) bool {
	for _, t := range netc.Manual() {
		for _, x := range t.Entries {
			if x.Name == name {
				return true
			}
		}
	}
	return false
}

// topic prints a line for each word of t.
func (e *env) topic(t netc.Topic) {
	fmt.Fprintf(e.out, "%s\n", t.Name)
	rows := make([][]string, 0, len(t.Entries))
	for _, x := range t.Entries {
		rows = append(rows, []string{x.Name, x.Summary()})
	}
	if len(rows) > 0 {
		table(e.out, rows, 2)
	}
	fmt.Fprintln(e.out)
}

// word prints everything about one name, which several topics may have.
func (e *env) word(name string) error {
	found := false
	for _, t := range netc.Manual() {
		for _, x := range t.Entries {
			if x.Name != name {
				continue
			}
			found = true
			fmt.Fprintf(e.out, "%s (%s)\n\n    %s\n\n%s\n", x.Name, t.Name, strings.ReplaceAll(x.Signature, "\n", "\n    "), x.Doc)
			if x.Example != "" {
				fmt.Fprintf(e.out, "\nFor example\n\n    %s\n", x.Example)
			}
			if x.Later {
				fmt.Fprintln(e.out, "\nThis version checks it and cannot compile it yet.")
			}
		}
	}
	if found {
		return nil
	}
	return unknownWord(name)
}

func unknownWord(name string) error {
	err := fmt.Errorf("the language has no word %q", name)
	if near := diag.Closest(name, words()); near != "" {
		err = fmt.Errorf("%w; did you mean %s?", err, near)
	}
	return failed(err)
}

// words lists topics and names.
func words() []string {
	var out []string
	for _, t := range netc.Manual() {
		out = append(out, t.Name)
		for _, x := range t.Entries {
			out = append(out, x.Name)
		}
	}
	return out
}
