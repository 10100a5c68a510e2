package syntax

import (
	"sync"

	"github.com/netc-lang/netc/internal/diag"
)

// Outline is a file whose declarations are parsed one by one, each when it is first
// asked for: of a library, a program uses a small part, and to find where each
// declaration begins takes a tenth of the time of parsing it. It may be used from
// several goroutines at once.
type Outline struct {
	mu    sync.Mutex
	p     *parser
	names []string
	units map[string]*outlined
}

// outlined is one declaration of an outline: its tokens, then its tree.
type outlined struct {
	ids  []int
	tree Decl // nil until it is asked for, or when it does not parse
	list diag.List
	done bool
}

// NewOutline finds the declarations of a file that have names. The diagnostics are
// those of the file as a whole: what is wrong in a declaration is told with it.
// Cost: linear in the text.
func NewOutline(src *diag.File) (*Outline, diag.List) {
	o := &Outline{units: map[string]*outlined{}}
	raw, problems, ok := scan(src)
	if !ok {
		return o, problems
	}
	l := lay(src, raw)
	problems = append(problems, l.problems...)
	o.p = &parser{src: src, conv: converter{src: src, raw: raw, toks: l.toks}}
	if l.fatal {
		return o, problems
	}
	for _, ids := range o.p.units() {
		if len(ids) < 2 {
			continue
		}
		word, name := l.toks[ids[0]], l.toks[ids[1]]
		if !naming[word.Text] || name.Kind != IdentToken || o.units[name.Text] != nil {
			continue
		}
		o.names = append(o.names, name.Text)
		o.units[name.Text] = &outlined{ids: ids}
	}
	return o, problems
}

// naming are the words of declarations that give a name to something.
var naming = words("const", "classes", "net", "block", "data")

// Names returns the names that the file declares, in its order.
func (o *Outline) Names() []string { return o.names }

// Decl returns the declaration of a name and what is wrong with it. It is nil when
// the file declares no such name, or the declaration cannot be parsed.
func (o *Outline) Decl(name string) (Decl, diag.List) {
	u := o.units[name]
	if u == nil {
		return nil, nil
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if !u.done {
		u.tree, u.done = o.p.declaration(u.ids), true
		u.list, o.p.conv.problems = o.p.conv.problems, nil
		u.list.Sort()
	}
	return u.tree, u.list
}
