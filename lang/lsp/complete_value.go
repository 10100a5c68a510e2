package lsp

import (
	"github.com/netc-lang/netc/lang/check/vocab"
	"github.com/netc-lang/netc/lang/syntax"
)

// expression offers what may stand where a value is wanted.
func (k *completer) expression() {
	c := k.c
	piped := c.back(1) == "|>"
	if kind, only, ok := k.wanted(piped); ok {
		k.rows(0, kind)
		if only {
			k.names()
			return
		}
	}
	if !piped {
		k.names()
		k.sets(4)
		for _, w := range []string{"true", "false", "if", "not"} {
			k.add(7, w, itemKeyword, "", "", "")
		}
	}
	if c.square && !piped {
		return
	}
	k.declared(2, blockKind, netKind, constKind)
	k.modules(3)
	for _, t := range k.lang.prelude.decls {
		if t.doc != "" {
			k.symbol(5, t)
		}
	}
	for _, t := range k.lang.words {
		if t.kind == wordKind && !isDType(t.name) {
			k.symbol(6, t)
		}
	}
}

// wanted tells which words of the vocabulary the line takes; only is set when
// nothing but them and names may stand there.
func (k *completer) wanted(piped bool) (kind vocab.Kind, only, ok bool) {
	c := k.c
	flow := c.flowWord()
	switch {
	case c.section == "data" && len(c.callee) > 0:
		return 0, false, false
	case c.section == "data" && piped:
		return vocab.Step, true, true
	case c.section == "data" && c.setting == "source":
		return vocab.Source, true, true
	case c.section == "train" || c.section == "phase":
		if row := vocab.Lookup(vocab.Setting, c.setting); row != nil && row.Args[0].Kind == vocab.CallOf && len(c.callee) == 0 {
			return row.Args[0].Of, true, true
		}
		if flow == "metric" && len(c.callee) == 0 {
			return vocab.Metric, false, true
		}
		if flow == "freeze" && c.back(1) == "until" {
			return vocab.Moment, true, true
		}
	case c.section == "quantize" && (c.setting == "weights" || c.setting == "activations") && len(c.callee) == 0:
		return vocab.Scheme, true, true
	case c.section == "explain" && len(c.callee) == 0:
		return vocab.Explanation, true, true
	case c.section == "sampler" && c.setting == "method" && len(c.callee) == 0:
		return vocab.Method, true, true
	}
	return 0, false, false
}

// called returns what the call around the cursor applies: a block, or a row.
func (k *completer) called() (*syntax.Block, *vocab.Row) {
	name := k.c.callee[len(k.c.callee)-1]
	if len(k.c.callee) == 2 {
		if m := k.p.unit.main.imports[k.c.callee[0]]; m != nil {
			return blockOf(m.decls[name]), nil
		}
		return nil, nil
	}
	kinds := []vocab.Kind{}
	switch k.c.section {
	case "data":
		kinds = []vocab.Kind{vocab.Step, vocab.Source}
	case "train", "phase":
		kinds = []vocab.Kind{vocab.Optimizer, vocab.Schedule, vocab.Mix, vocab.Pick, vocab.Stop, vocab.Interval}
	case "quantize":
		kinds = []vocab.Kind{vocab.Scheme, vocab.Calibration}
	case "explain":
		kinds = []vocab.Kind{vocab.Explanation}
	case "sampler":
		kinds = []vocab.Kind{vocab.Method}
	}
	for _, kind := range kinds {
		if r := vocab.Lookup(kind, name); r != nil {
			return nil, r
		}
	}
	if t := k.p.unit.knownNamed(name); t != nil {
		return blockOf(t), nil
	}
	if t := k.lang.prelude.decls[name]; t != nil {
		return blockOf(t), nil
	}
	return nil, nil
}

// arguments offers the options of the call by name.
func (k *completer) arguments() {
	b, r := k.called()
	if b != nil {
		for _, p := range b.Params {
			if p.Default != nil {
				k.add(1, p.Name.Name+"=", itemField, p.Where.Text(), "", "")
			}
		}
	}
	if r != nil {
		for i := range r.Args {
			a := &r.Args[i]
			k.add(1, a.Name+"=", itemField, a.Kind.String(), sentence(a.Doc), "")
		}
	}
}

// argumentValue offers the words that an option takes, then any expression.
func (k *completer) argumentValue() {
	b, r := k.called()
	if b != nil {
		if p := paramNamed(b, k.c.callArg); p != nil && p.Type != nil {
			k.paramValues(p)
		}
	}
	if r != nil {
		if a := r.Arg(k.c.callArg); a != nil {
			for _, w := range a.Words {
				k.add(0, w, itemEnum, "", sentence(a.Doc), "")
			}
			switch a.Kind {
			case vocab.CallOf:
				k.rows(0, a.Of)
			case vocab.Bool:
				k.add(0, "true", itemKeyword, "", "", "")
				k.add(0, "false", itemKeyword, "", "", "")
			}
		}
	}
	k.expression()
}

func (k *completer) paramValues(p *syntax.Param) {
	for t := p.Type; t != nil; t = t.Or {
		for _, w := range t.Words {
			k.add(0, w.Name, itemEnum, p.Where.Text(), "", "")
		}
		switch t.Name.Name {
		case "bool":
			k.add(0, "true", itemKeyword, "", "", "")
			k.add(0, "false", itemKeyword, "", "", "")
		case "init":
			for _, t := range k.lang.inits {
				k.symbol(0, t)
			}
		}
	}
}
