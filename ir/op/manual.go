package op

import (
	"fmt"
	"strings"
)

const manualHead = `<!-- Generated from ir/op: NETC_UPDATE=1 go test ./ir/op writes it. Do not edit. -->
# Operations

Every operation of the intermediate representation, from the one table that the
checker, the verifier, the evaluator and the passes read (` + "`ir/op`" + `). Source files reach
them as ` + "`op.NAME(...)`" + ` in the prelude; people use the layers of ` + "`netc doc layers`" + `.

In a signature ` + "`x?`" + ` may be absent, ` + "`xs...`" + ` repeats, and attributes in braces show their
defaults. Images are NCHW, weights OIHW. An axis may carry an index set (` + "`RGB:3`" + `): two axes
meet when their sizes are provably equal and their sets are equal or one has none. Binary
operations broadcast right-aligned, size 1 stretches. "Gradient: zero" means constant almost
everywhere, "none" that the operation is never differentiated.
`

// Manual returns the table as a Markdown page, docs/ops.md.
func Manual() string {
	var b strings.Builder
	b.WriteString(manualHead)
	group := ""
	for _, d := range All() {
		if d.Group != group {
			group = d.Group
			fmt.Fprintf(&b, "\n## %s%s\n", strings.ToUpper(group[:1]), group[1:])
		}
		d.manual(&b)
	}
	return b.String()
}

func (d *Def) manual(b *strings.Builder) {
	fmt.Fprintf(b, "\n### %s\n\n```\n%s\n%s\n```\n\n%s", d.Name, d.Signature(), d.Law, d.Doc)
	switch d.Gradient {
	case ZeroGradient:
		b.WriteString(" Gradient: zero.")
	case NoGradient:
		b.WriteString(" Gradient: none.")
	}
	if d.ONNX != "" {
		fmt.Fprintf(b, " ONNX: %s.", d.ONNX)
	}
	b.WriteString("\n")
	if len(d.Attrs) > 0 {
		b.WriteString("\n")
	}
	for _, s := range d.Attrs {
		fmt.Fprintf(b, "- `%s`: %s\n", s.Name, s.Doc)
	}
}

// Signature returns the call of d with its operands, attributes and number of
// results: topk(x){k, axis=-1} -> 2 results.
func (d *Def) Signature() string {
	args := make([]string, len(d.Args))
	for i, a := range d.Args {
		args[i] = a.Name
		if a.Variadic {
			args[i] += "..."
		} else if a.Optional {
			args[i] += "?"
		}
	}
	attrs := make([]string, len(d.Attrs))
	for i, s := range d.Attrs {
		if attrs[i] = s.Name; s.Default != nil {
			attrs[i] += "=" + literal(s.Default)
		}
	}
	text := d.Name + "(" + strings.Join(args, ", ") + ")"
	if len(attrs) > 0 {
		text += "{" + strings.Join(attrs, ", ") + "}"
	}
	switch {
	case d.Infer == nil:
		return text + " -> any results"
	case d.Results == 0:
		return text
	case d.Results == 1:
		return text + " -> 1 result"
	}
	return fmt.Sprintf("%s -> %d results", text, d.Results)
}

// literal prints a default as a .net file writes it.
func literal(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case []int64:
		return "[" + strings.Trim(strings.Join(strings.Fields(fmt.Sprint(v)), ", "), "[]") + "]"
	case []float64:
		return "[" + strings.Trim(strings.Join(strings.Fields(fmt.Sprint(v)), ", "), "[]") + "]"
	}
	return fmt.Sprint(v)
}
