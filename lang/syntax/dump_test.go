package syntax

import (
	"fmt"
	"strings"
)

// dump writes an expression as an S-expression: the tree and nothing else.
func dump(x Expr) string {
	switch x := x.(type) {
	case *Name:
		return x.Name
	case *Number:
		return x.Text
	case *String:
		return fmt.Sprintf("%q", x.Value)
	case *Bool:
		return fmt.Sprint(x.Value)
	case *Any:
		return "_"
	case *Tuple:
		return "(tuple" + dumpAll(x.Elems) + ")"
	case *List:
		return "(list" + dumpAll(x.Elems) + ")"
	case *Call:
		var b strings.Builder
		for _, a := range x.Args {
			b.WriteByte(' ')
			if a.Name != nil {
				b.WriteString(a.Name.Name + "=")
			}
			b.WriteString(dump(a.Value))
		}
		return "(call " + dump(x.Fun) + b.String() + ")"
	case *Index:
		var b strings.Builder
		for _, it := range x.Items {
			b.WriteByte(' ')
			if it.Pack != nil {
				b.WriteString("..." + it.Pack.Name)
			} else {
				b.WriteString(dump(it.X))
			}
		}
		return "(index " + dump(x.X) + b.String() + ")"
	case *Member:
		return "(. " + dump(x.X) + " " + x.Name.Name + ")"
	case *Unary:
		return "(" + x.Op + " " + dump(x.X) + ")"
	case *Binary:
		return "(" + x.Op + " " + dump(x.Left) + " " + dump(x.Right) + ")"
	case *Cond:
		return "(if " + dump(x.If) + " " + dump(x.Then) + " " + dump(x.Else) + ")"
	case *Pipe:
		var b strings.Builder
		b.WriteString(dump(x.Head) + as(x.HeadAs))
		for _, s := range x.Stages {
			b.WriteString(" " + dump(s.Layer) + as(s.As))
		}
		return "(|> " + b.String() + ")"
	}
	return fmt.Sprintf("<%T>", x)
}

func as(id *Ident) string {
	if id == nil {
		return ""
	}
	return ":" + id.Name
}

func dumpAll(list []Expr) string {
	var b strings.Builder
	for _, x := range list {
		b.WriteString(" " + dump(x))
	}
	return b.String()
}
