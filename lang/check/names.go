package check

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/netc-lang/netc/internal/diag"
	"github.com/netc-lang/netc/lang/syntax"
)

// instance is a layer that exists: a place in the tree of weights. Layers used
// once have one use; a `layer` statement or a net has as many as there are calls.
type instance struct {
	path     string
	net      *netInfo
	parent   *instance
	states   map[string]*State
	children map[string]*instance
	frozen   bool      // its weights never train, nor do those below it
	made     diag.Span // the stage that made it, in the nearest file of a user
	out      value     // what it gave last when its net was elaborated for inference
}

func newInstance(net *netInfo, path string) *instance {
	return &instance{path: path, net: net}
}

func (i *instance) child(name string) *instance {
	c := i.children[name]
	if c == nil {
		c = newInstance(i.net, join(i.path, name))
		c.frozen = i.frozen
		i.adopt(name, c)
	}
	return c
}

// adopt makes c a part of i, and known to the net in the order of making.
func (i *instance) adopt(name string, c *instance) {
	c.parent = i
	if i.children == nil {
		i.children = map[string]*instance{}
	}
	i.children[name] = c
	if i.net != nil {
		i.net.parts = append(i.net.parts, c)
	}
}

// nameScope is one use of an instance: the names that this use has given out.
// A second layer of the same name in it would share weights by accident.
type nameScope struct {
	inst  *instance
	stage string // path of the stage in the net that is elaborated
	used  map[string]bool
}

func newNameScope(i *instance, stage string) *nameScope { return &nameScope{inst: i, stage: stage} }

// take gives out a name, and reports whether it was free.
func (n *nameScope) take(name string) bool {
	if n.used[name] {
		return false
	}
	if n.used == nil {
		n.used = map[string]bool{}
	}
	n.used[name] = true
	return true
}

// siteNames are the names of the unnamed layers of one body. They count the call
// sites without a label by callee in source order, branches not taken included,
// so that a name does not depend on arguments.
type siteNames struct {
	of    map[syntax.Node]string
	twice map[string]bool // labels that were given twice, which is reported
}

// sitesOf numbers the call sites of a body once.
func (c *checker) sitesOf(body syntax.Node) siteNames {
	if s, ok := c.sites[body]; ok {
		return s
	}
	s := siteNames{map[syntax.Node]string{}, map[string]bool{}}
	c.sites[body] = s
	count := map[string]int{}
	labels := map[string]diag.Span{}
	add := func(n syntax.Node, callee syntax.Expr) {
		name := calleeName(callee)
		count[name]++
		if k := count[name]; k > 1 {
			name = fmt.Sprintf("%s_%d", name, k)
		}
		s.of[n] = name
	}
	label := func(id *syntax.Ident) {
		if id == nil || id.Name == "_" {
			return
		}
		if old, dup := labels[id.Name]; dup {
			s.twice[id.Name] = true
			c.report(diag.Diagnostic{
				Code: "E0306", Span: id.Where, Message: fmt.Sprintf("`as %s` is the second stage of that name in this body", id.Name),
				Notes: []diag.Note{{Span: old, Message: "the first is"}},
				Hint:  "give it another name: stages name weights",
			})
			return
		}
		labels[id.Name] = id.Where
	}
	named := map[syntax.Node]bool{} // calls that have a label, or are counted as a stage
	syntax.Inspect(body, func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.Pipe:
			label(n.HeadAs)
			switch n.Head.(type) {
			case *syntax.Name, *syntax.Member:
				s.of[n.Head] = calleeName(n.Head) // the head of a chain of layers
			}
			if n.HeadAs != nil {
				named[n.Head] = true
			}
		case *syntax.Stage:
			label(n.As)
			callee := n.Layer
			if call, ok := n.Layer.(*syntax.Call); ok {
				named[call] = true
				callee = call.Fun
			}
			if n.As == nil {
				add(n, callee)
			}
		case *syntax.Call:
			if !named[n] {
				add(n, n.Fun)
			}
		}
		return true
	})
	return s
}

// calleeName is the name an unnamed layer takes: the last part of what is called,
// in lower case.
func calleeName(x syntax.Expr) string {
	switch x := x.(type) {
	case *syntax.Name:
		return strings.ToLower(x.Name)
	case *syntax.Member:
		return strings.ToLower(x.Name.Name)
	case *syntax.Index:
		return calleeName(x.X)
	case *syntax.Call:
		return calleeName(x.Fun)
	case *syntax.Tuple:
		if len(x.Elems) == 1 {
			return calleeName(x.Elems[0])
		}
	}
	return "layer"
}

// childName returns the name of a stage or call under the body's own path: its
// label or its number, with the positions in the loops around it. "_" adds no
// level.
func (f *frame) childName(label *syntax.Ident, node syntax.Node) string {
	name := f.sites.of[node]
	if label != nil {
		name = label.Name
	}
	if name == "" {
		name = "layer"
	}
	if name == "_" {
		return name
	}
	return name + f.indices()
}

// indices prints the positions in the loops around: [2][0].
func (f *frame) indices() string {
	if len(f.loop) == 0 {
		return ""
	}
	var b []byte
	for _, i := range f.loop {
		b = append(strconv.AppendInt(append(b, '['), int64(i), 10), ']')
	}
	return string(b)
}

// enter returns the names of a layer that is used under this body.
func (f *frame) enter(name string, span diag.Span) (*nameScope, bool) {
	if f.names == nil {
		return newNameScope(newInstance(nil, name), name), true
	}
	if name == "_" {
		return f.names, true
	}
	if !f.names.take(name) {
		if base, _, _ := strings.Cut(name, "["); f.sites.twice[base] {
			return nil, false
		}
		f.fail(span, "E0306", fmt.Sprintf("two layers of this body are called `%s`", name), "", "name one of them with `as`: stages name weights")
		return nil, false
	}
	inst := f.names.inst.child(name)
	if !inst.made.IsValid() {
		inst.made = f.userSpan(span)
	}
	return newNameScope(inst, join(f.names.stage, name)), true
}
