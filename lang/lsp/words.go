package lsp

import (
	"fmt"
	"strings"
	"sync"

	"github.com/netc-lang/netc/internal/diag"
	"github.com/netc-lang/netc/lang/check"
	"github.com/netc-lang/netc/lang/check/vocab"
	"github.com/netc-lang/netc/lang/syntax"
	"github.com/netc-lang/netc/stdlib"
)

// kind says what a symbol is.
type kind uint8

const (
	unknownKind kind = iota
	moduleKind
	constKind
	setKind
	netKind
	blockKind
	dataKind
	paramKind // compile-time parameter
	inputKind // tensor of a signature, result or field of a sample
	dimKind
	localKind
	labelKind
	stateKind
	metricKind
	wordKind    // row of the vocabulary, or a word of the language
	settingKind // left side of a line of a section
	phaseKind
	argKind // argument of a row of the vocabulary
)

// symbol is something that has a name.
type symbol struct {
	name string
	kind kind
	def  diag.Span   // its name where it is declared; in no file for words
	decl syntax.Node // what declares it, nil for words
	// usage and doc are what documentation says.
	usage, doc string
	library    bool // of the standard library or of the language: not renamed
	module     *module
}

// module is a scope of files: the prelude, the asked one, or an imported one.
type module struct {
	name    string
	files   []*syntax.File
	library bool
	decls   map[string]*symbol
	imports map[string]*module
	aliases map[string]*symbol
	byNode  map[syntax.Node]*symbol // parameters, by declaration
}

func newModule(files []*syntax.File, library bool) *module {
	m := &module{
		files: files, library: library, decls: map[string]*symbol{}, imports: map[string]*module{},
		aliases: map[string]*symbol{}, byNode: map[syntax.Node]*symbol{},
	}
	if len(files) > 0 {
		m.name = files[0].Package.Name
	}
	for _, f := range files {
		for _, d := range f.Decls {
			m.declare(d)
		}
	}
	return m
}

func (m *module) declare(d syntax.Decl) {
	s := &symbol{decl: d, library: m.library, module: m}
	var id syntax.Ident
	switch d := d.(type) {
	case *syntax.Const:
		id, s.kind, s.doc = d.Name, constKind, d.Doc
		s.usage = firstLine(d.Where)
	case *syntax.Classes:
		id, s.kind, s.doc = d.Name, setKind, d.Doc
		s.usage = firstLine(d.Where)
	case *syntax.Block:
		id, s.kind, s.doc, s.usage = d.Name, blockKind, d.Doc, header(d)
		if d.Net {
			s.kind = netKind
		}
	case *syntax.Data:
		id, s.kind, s.doc, s.usage = d.Name, dataKind, d.Doc, "data "+d.Name.Name
	default:
		return
	}
	s.name, s.def = id.Name, id.Where
	if m.decls[s.name] == nil {
		m.decls[s.name] = s
	}
}

// header is the declaration of b up to its body, as the source writes it.
func header(b *syntax.Block) string {
	end := b.Where.End
	switch {
	case b.Value != nil:
		end = b.Value.Span().Start
	case len(b.Body) > 0:
		end = b.Body[0].Span().Start
	}
	text := diag.Span{File: b.Where.File, Start: b.Where.Start, End: end}.Text()
	return strings.TrimRight(text, " \n\t={")
}

func firstLine(s diag.Span) string {
	text, _, more := strings.Cut(s.Text(), "\n")
	if len(text) > 120 {
		text, more = strings.ToValidUTF8(text[:120], ""), true
	}
	if more {
		text += " ..."
	}
	return text
}

// language holds what is in scope everywhere.
type language struct {
	prelude *module
	words   map[string]*symbol // functions, sets, element types
	inits   map[string]*symbol
	rows    map[vocab.Kind]map[string]*symbol
	fields  map[string]map[string]string // settings by section, with their documentation
}

var theLanguage = sync.OnceValue(func() *language {
	l := &language{words: map[string]*symbol{}, inits: map[string]*symbol{}, rows: map[vocab.Kind]map[string]*symbol{}, fields: sectionFields()}
	var files []*syntax.File
	for _, f := range stdlib.Prelude() {
		parsed, _ := syntax.Parse(diag.NewFile(f.Name, f.Text))
		files = append(files, parsed)
	}
	l.prelude = newModule(files, true)
	for _, w := range check.Builtins() {
		l.words[w.Name] = &symbol{name: w.Name, kind: wordKind, usage: w.Usage, doc: w.Doc, library: true}
	}
	for _, s := range check.BuiltinSets() {
		l.words[s.Name] = &symbol{
			name: s.Name, kind: setKind, usage: fmt.Sprintf("classes %s: %d names", s.Name, len(s.Labels)), doc: s.Doc, library: true,
		}
	}
	for _, t := range check.DTypes() {
		l.words[t] = &symbol{name: t, kind: wordKind, usage: t, doc: "An element type of tensors.", library: true}
	}
	l.words["training"] = &symbol{
		name: "training", kind: wordKind, usage: "training: bool", library: true,
		doc: "True where a net is compiled for training, false where it is compiled for use.",
	}
	for _, w := range check.Initialisers() {
		l.inits[w.Name] = &symbol{name: w.Name, kind: wordKind, usage: w.Usage, doc: w.Doc, library: true}
	}
	for _, k := range vocab.Kinds() {
		l.rows[k] = map[string]*symbol{}
		for _, n := range vocab.Names(k) {
			r := vocab.Lookup(k, n)
			l.rows[k][n] = &symbol{name: n, kind: wordKind, usage: k.String() + " " + r.String(), doc: rowDoc(r), library: true}
		}
	}
	return l
})

func rowDoc(r *vocab.Row) string {
	var b strings.Builder
	b.WriteString(sentence(r.Doc))
	if !r.Runs {
		b.WriteString(" This version of netc checks it and cannot carry it out yet.")
	}
	for _, a := range r.Args {
		if r.Kind != vocab.Setting {
			fmt.Fprintf(&b, "\n- `%s`: %s; %s", a.Name, a.Kind, a.Doc)
		}
	}
	return b.String()
}

func sentence(text string) string {
	if text == "" || strings.HasSuffix(text, ".") {
		return text
	}
	return text + "."
}

// types are the words of compile-time types.
var types = map[string]string{
	"int": "A whole number known at compile time.", "float": "An exact number known at compile time.",
	"bool": "true or false.", "string": "A text in quotes.", "dim": "A size, or an index set.",
	"layer": "Something to pipe a tensor into.", "block": "A block to use with arguments of its own.",
	"class": "The number of a class that only the data know.", "boxes": "Boxes with a class of the set.",
}

// sectionFields lists what stands on the left of `=` in each section, and the
// words that begin its other lines.
func sectionFields() map[string]map[string]string {
	train := map[string]string{
		"loss": "What is to become small: one number for the batch.", "metric": "A number that is reported: `metric accuracy = top_k(logits, label)`.",
		"memory": "The most that a step may take beside the weights: `memory <= 2 GB`. What does not fit is computed again on the way back.",
		"freeze": "Weights that do not change: `freeze backbone until epoch(3)`.", "phase": "A part of the training with settings of its own.",
		"layer": "A layer that lives only in training.",
	}
	for _, n := range vocab.Names(vocab.Setting) {
		train[n] = sentence(vocab.Lookup(vocab.Setting, n).Doc)
	}
	return map[string]map[string]string{
		"data": {
			"source": "Where the records come from.", "sample": "What one record holds: `sample (image: u8[H, W, RGB], label: Digit)`.",
			"augment": "Steps that run in training only.", "eval": "Steps that take the place of `augment` otherwise.",
			"prep": "Steps that always run, in the deployed package too.",
		},
		"train": train,
		"phase": train,
		"weights": {
			"from": "A checkpoint: `from \"file.safetensors\" into backbone { \"theirs\" -> \"ours\" }`.",
			"skip": "Names of the checkpoint that are not wanted.",
		},
		"quantize": {
			"calibrate": "Samples whose ranges are measured.", "weights": "The scheme of the weights.", "activations": "The scheme of what flows between stages.",
			"keep_float": "Stages that keep floats.", "require": "A condition that fails the build when it does not hold.",
		},
		"explain": {},
		"sampler": {"method": "How the steps are made.", "guidance": "The weight of the condition."},
		"predict": {},
	}
}
