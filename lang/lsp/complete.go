package lsp

import (
	"fmt"
	"sort"
	"strings"

	"github.com/netc-lang/netc/internal/diag"
	"github.com/netc-lang/netc/lang/check/vocab"
	"github.com/netc-lang/netc/lang/syntax"
	"github.com/netc-lang/netc/stdlib"
)

// Kinds of completion item of the protocol.
const (
	itemFunction  = 3
	itemField     = 5
	itemVariable  = 6
	itemClass     = 7
	itemModule    = 9
	itemProperty  = 10
	itemEnum      = 13
	itemKeyword   = 14
	itemFile      = 17
	itemConstant  = 21
	itemType      = 25
	plainText     = 1
	snippetFormat = 2
)

// completer collects the answers for one cursor.
type completer struct {
	s     *Server
	p     *place
	c     *context
	lang  *language
	at    span // of the word that is replaced
	items map[string]completionItem
}

func (s *Server) completion(q *positionParams) (any, *rpcError) {
	p, fault := s.place(q.TextDocument, q.Position)
	if fault != nil {
		return nil, fault
	}
	c := contextAt(p.file, p.offset)
	out := completionList{Items: []completionItem{}}
	if c.silent {
		return out, nil
	}
	k := &completer{s: s, p: p, c: c, lang: theLanguage(), items: map[string]completionItem{}}
	k.at = s.enc.span(diag.Span{File: p.file, Start: c.start, End: p.offset})
	k.collect()
	for _, i := range k.items {
		out.Items = append(out.Items, i)
	}
	sort.Slice(out.Items, func(i, j int) bool {
		if a, b := out.Items[i].SortText, out.Items[j].SortText; a != b {
			return a < b
		}
		return out.Items[i].Label < out.Items[j].Label
	})
	return out, nil
}

// add offers a word; rank orders groups, and the first offer of a word stays.
func (k *completer) add(rank int, label string, kind int, detail, doc, insert string) {
	if _, ok := k.items[label]; ok || label == "" {
		return
	}
	i := completionItem{Label: label, Kind: kind, Detail: detail, SortText: fmt.Sprintf("%d%s", rank, label), InsertTextFormat: plainText}
	if doc != "" {
		i.Documentation = &markup{"markdown", doc}
	}
	if insert == "" {
		insert = label
	}
	if strings.Contains(insert, "${") {
		i.InsertTextFormat = snippetFormat
	}
	i.TextEdit = &textEdit{k.at, insert}
	k.items[label] = i
}

func (k *completer) collect() {
	c := k.c
	prev := c.back(1)
	switch {
	case c.quoted:
		k.quoted()
	case prev == ".":
		k.members()
	case prev == "as" || prev == "package" || prev == "net" || prev == "block" || prev == "const" || prev == "classes" || prev == "phase" || prev == "data" && c.section == "data":
		// a new name
	case prev == "train" || prev == "predict" || prev == "of" || (prev == "weights" || prev == "quantize" || prev == "explain") && !c.begins && c.back(2) != "=":
		k.declared(0, netKind)
	case prev == "on" && c.section != "phase":
		k.declared(0, dataKind)
	case c.decl < 0:
		k.fileLevel()
	case prev == ":" || prev == "->":
		k.types()
	case c.begins && !c.square && len(c.callee) == 0:
		k.statement()
	case c.callArg != "":
		k.argumentValue()
	default:
		if c.argHead {
			k.arguments()
		}
		k.expression()
	}
}

func (k *completer) quoted() {
	if k.c.back(1) == "import" || k.c.back(2) == "import" {
		for _, m := range stdlib.Modules() {
			k.add(0, m, itemModule, "module of the standard library", "", "")
		}
	}
}

func (k *completer) fileLevel() {
	for w, doc := range declarationDocs {
		k.add(0, w, itemKeyword, "", doc, "")
	}
}

var declarationDocs = map[string]string{
	"package": "The name of the module.", "import": "Brings a module into scope.", "const": "A value known at compile time.",
	"classes": "An index set: the names along an axis.", "net": "A network: one set of weights.",
	"block": "A recipe for a part of a network.", "data": "Where pictures come from, and how they are prepared.",
	"train": "How a net is trained.", "predict": "What the deployed package answers.", "weights": "Checkpoints to begin with.",
	"quantize": "How numbers become small.", "explain": "Pictures of what a net looked at.", "sampler": "Running a net in a loop.",
	"test": "What must hold.",
}

// declared offers the declarations of a kind, with those that are being edited.
func (k *completer) declared(rank int, kinds ...kind) {
	for _, t := range k.p.unit.known() {
		for _, want := range kinds {
			if t.kind == want {
				k.symbol(rank, t)
			}
		}
	}
}

var itemKinds = map[kind]int{
	moduleKind: itemModule, constKind: itemConstant, setKind: itemEnum, netKind: itemClass, blockKind: itemFunction, dataKind: itemClass,
	paramKind: itemVariable, inputKind: itemField, dimKind: itemType, localKind: itemVariable, labelKind: itemProperty,
	stateKind: itemProperty, metricKind: itemVariable, wordKind: itemFunction, settingKind: itemProperty,
}

func (k *completer) symbol(rank int, t *symbol) {
	insert := ""
	if b := blockOf(t); b != nil && t.kind == blockKind && k.s.snippets {
		insert = snippet(b)
	}
	k.add(rank, t.name, itemKinds[t.kind], strings.Join(strings.Fields(t.usage), " "), t.doc, insert)
}

// snippet calls a block with holes for what must be given.
func snippet(b *syntax.Block) string {
	var holes []string
	for _, p := range b.Params {
		if p.Default == nil {
			holes = append(holes, fmt.Sprintf("${%d:%s}", len(holes)+1, p.Name.Name))
		}
	}
	if len(holes) == 0 {
		return ""
	}
	return b.Name.Name + "(" + strings.Join(holes, ", ") + ")"
}

// members are the names behind a dot.
func (k *completer) members() {
	of := k.c.back(2)
	if m := k.p.unit.main.imports[of]; m != nil {
		for _, t := range m.decls {
			k.symbol(0, t)
		}
		return
	}
	t := k.p.unit.knownNamed(of)
	if t != nil && t.kind == netKind && (k.c.section == "test" || k.c.section == "const") {
		for n, doc := range netMembers {
			k.add(0, n, itemProperty, "", doc, "")
		}
		return
	}
	x := k.p.unit.index
	b := x.layerOf(t)
	if b == nil {
		if s := k.sectionScope().names[of]; s != nil {
			b = x.layerOf(s)
		}
	}
	for n, step := range x.steps(b) {
		k.add(0, n, itemProperty, "stage", step.sym.doc, "")
	}
	if len(k.items) == 0 && t != nil && t.kind == netKind {
		for n, doc := range netMembers {
			k.add(0, n, itemProperty, "", doc, "")
		}
	}
}

// sectionScope holds what the section of the cursor has in scope: the results and
// stages of its net, the fields of its data.
func (k *completer) sectionScope() *scope {
	c, x := k.c, k.p.unit.index
	s := newScope(nil)
	if c.decl < 0 {
		return s
	}
	toks := c.toks[c.decl:]
	for i, t := range toks {
		if t.Text == "{" || i+1 >= len(toks) {
			break
		}
		u := k.p.unit.knownNamed(toks[i+1].Text)
		if u == nil || i == 0 && c.toks[c.decl].Text == "data" {
			continue
		}
		switch t.Text {
		case "train", "predict", "weights", "quantize", "explain", "of":
			x.results(s, u)
		case "on":
			x.fields(s, u)
		}
	}
	return s
}

func (k *completer) types() {
	for _, t := range k.lang.words {
		if isDType(t.name) {
			k.add(0, t.name, itemType, "element type", t.doc, "")
		}
	}
	for n, doc := range types {
		k.add(1, n, itemType, "", doc, "")
	}
	k.sets(2)
	k.modules(3)
}

func (k *completer) sets(rank int) {
	k.declared(rank, setKind)
	for _, t := range k.lang.words {
		if t.kind == setKind {
			k.symbol(rank+1, t)
		}
	}
}

func (k *completer) modules(rank int) {
	for _, t := range k.p.unit.main.aliases {
		k.symbol(rank, t)
	}
}

// statement offers what may begin a line of the body or the section.
func (k *completer) statement() {
	words := map[string][]string{
		"net": {"return", "for", "if", "param", "buffer", "frozen", "layer", "assert"}, "block": {"return", "for", "if", "param", "buffer", "frozen", "layer", "assert"},
		"test": {"assert", "expect", "for", "if", "layer"},
	}
	for _, w := range words[k.c.section] {
		k.add(2, w, itemKeyword, "", "", "")
	}
	for n, doc := range k.lang.fields[k.c.section] {
		k.add(1, n, itemProperty, "", doc, "")
	}
	k.names()
	if k.c.section == "test" {
		k.declared(3, netKind)
	}
}

// names offers what the body binds.
func (k *completer) names() {
	for _, n := range k.c.locals() {
		detail := ""
		for _, o := range k.p.unit.index.occs[k.p.file] {
			if o.sym.name == n && (o.sym.kind == inputKind || o.sym.kind == paramKind) && o.def {
				detail = o.sym.usage
			}
		}
		k.add(0, n, itemVariable, detail, "", "")
	}
	for n, t := range k.sectionScope().names {
		k.add(0, n, itemKinds[t.kind], t.usage, t.doc, "")
	}
}

// rows offers the words of a kind of the vocabulary.
func (k *completer) rows(rank int, kind vocab.Kind) {
	for _, n := range vocab.Names(kind) {
		r, t := vocab.Lookup(kind, n), k.lang.rows[kind][n]
		detail := strings.TrimPrefix(t.usage, kind.String()+" ")
		k.add(rank, n, itemFunction, detail, t.doc, k.rowSnippet(r))
	}
}

func (k *completer) rowSnippet(r *vocab.Row) string {
	if !k.s.snippets {
		return ""
	}
	var holes []string
	for i := range r.Args {
		a := &r.Args[i]
		if a.Default != nil || a.Optional {
			continue
		}
		hole := fmt.Sprintf("${%d:%s}", len(holes)+1, a.Name)
		if a.ByName {
			hole = a.Name + "=" + hole
		}
		holes = append(holes, hole)
	}
	if len(holes) == 0 {
		return ""
	}
	return r.Name + "(" + strings.Join(holes, ", ") + ")"
}
