// Package vet gives advice about programs that are correct: what a reader or a later
// edit would stumble over. Its diagnostics have the codes V08xx and prevent nothing.
//
// Begin with [Advise].
package vet

import (
	"fmt"
	"strings"

	"github.com/netc-lang/netc/internal/diag"
	"github.com/netc-lang/netc/lang/check"
	"github.com/netc-lang/netc/lang/syntax"
)

// Advise returns advice about the files of one module, sorted. seen is what
// [check.Observe] learned about them; the program has no errors.
func Advise(files []*syntax.File, seen []check.Seen) diag.List {
	var list diag.List
	weighted := map[diag.Span]int64{}
	for i := range seen {
		if s := &seen[i]; s.Stage && s.Params() > 0 {
			weighted[s.Span] = max(weighted[s.Span], s.Params())
		}
	}
	for _, f := range files {
		for _, d := range f.Decls {
			if b, ok := d.(*syntax.Block); ok {
				numbered(&list, b, weighted)
			}
		}
	}
	unused(&list, files)
	list.Sort()
	return list
}

// numbered finds layers of one body whose weights are told apart only by a number:
// a layer in front of them renames them, and checkpoints no longer fit.
func numbered(list *diag.List, b *syntax.Block, weighted map[diag.Span]int64) {
	first := map[string]*syntax.Stage{}
	count := map[string]int{}
	var order []string
	syntax.Inspect(b, func(n syntax.Node) bool {
		s, ok := n.(*syntax.Stage)
		if !ok || s.As != nil || weighted[s.Layer.Span()] == 0 {
			return true
		}
		name := callee(s.Layer)
		if name == "" {
			return true
		}
		if first[name] == nil {
			first[name] = s
			order = append(order, name)
		}
		count[name]++
		return true
	})
	var names []string
	var at *syntax.Stage
	for _, name := range order {
		if count[name] < 2 {
			continue
		}
		if at == nil {
			at = first[name]
		}
		word := strings.ToLower(name)
		names = append(names, word)
		for i := 2; i <= count[name]; i++ {
			names = append(names, fmt.Sprintf("%s_%d", word, i))
		}
	}
	if at == nil {
		return
	}
	text := at.Layer.Span().Text()
	list.Add(diag.Diagnostic{
		Code: "V0801", Severity: diag.Advice, Span: at.Layer.Span(),
		Message: fmt.Sprintf("the weights of `%s` are numbered by their place: %s", b.Name.Name, enumerate(names)),
		Label:   "one more in front of them renames the others",
		Hint:    fmt.Sprintf("name the layers, as in `%s as stem`: checkpoints then survive the edit", text),
	})
}

// enumerate joins at most five names.
func enumerate(names []string) string {
	if len(names) > 5 {
		return strings.Join(names[:5], ", ") + " ..."
	}
	return strings.Join(names, ", ")
}

// callee is the last name of what a stage applies.
func callee(x syntax.Expr) string {
	switch x := x.(type) {
	case *syntax.Name:
		return x.Name
	case *syntax.Call:
		return callee(x.Fun)
	case *syntax.Member:
		return x.Name.Name
	}
	return ""
}

// unused finds data sections, and prepared fields, that nothing reads.
func unused(list *diag.List, files []*syntax.File) {
	read := map[string]bool{}
	note := func(r *syntax.Ref) {
		if r != nil && r.Module == nil {
			read[r.Name.Name] = true
		}
	}
	for _, f := range files {
		for _, d := range f.Decls {
			switch d := d.(type) {
			case *syntax.Train:
				note(&d.Data)
			case *syntax.Predict:
				note(d.Data)
			case *syntax.Section, *syntax.Block, *syntax.Const:
				syntax.Inspect(d, func(n syntax.Node) bool {
					if x, ok := n.(*syntax.Name); ok {
						read[x.Name] = true
					}
					return true
				})
			}
		}
	}
	for _, f := range files {
		for _, d := range f.Decls {
			s, ok := d.(*syntax.Data)
			if !ok {
				continue
			}
			if !read[s.Name.Name] {
				list.Add(diag.Diagnostic{
					Code: "V0802", Severity: diag.Advice, Span: s.Name.Where,
					Message: fmt.Sprintf("no train or predict section reads `%s`", s.Name.Name),
					Label:   "its `prep` is compiled into nothing",
					Hint:    fmt.Sprintf("write `train Net on %s { ... }`, or remove the section", s.Name.Name),
				})
			}
		}
	}
}
