package lsp

import (
	"sort"

	"github.com/netc-lang/netc/internal/diag"
	"github.com/netc-lang/netc/lang/syntax"
)

// The legend of semantic tokens.
var (
	tokenTypes = []string{
		"namespace", "class", "enum", "function", "parameter", "variable", "property", "type", "keyword", "comment", "string", "number",
		"operator", "macro",
	}
	tokenModifiers = []string{"declaration", "defaultLibrary", "readonly"}
)

const (
	tokenNamespace = iota
	tokenClass
	tokenEnum
	tokenFunction
	tokenParameter
	tokenVariable
	tokenProperty
	tokenType
	tokenKeyword
	tokenComment
	tokenString
	tokenNumber
	tokenOperator
	tokenMacro
)

var semanticOf = map[kind]uint32{
	moduleKind: tokenNamespace, constKind: tokenVariable, setKind: tokenEnum, netKind: tokenClass, blockKind: tokenFunction,
	dataKind: tokenClass, paramKind: tokenParameter, inputKind: tokenParameter, dimKind: tokenType, localKind: tokenVariable,
	labelKind: tokenProperty, stateKind: tokenProperty, metricKind: tokenVariable, wordKind: tokenMacro, settingKind: tokenKeyword,
	phaseKind: tokenProperty, argKind: tokenParameter,
}

type coloured struct {
	start, end int
	kind, mods uint32
}

// semanticTokens colours every word by what it means.
func (s *Server) semanticTokens(q *documentParams) (any, *rpcError) {
	p, fault := s.place(q.TextDocument, position{})
	if fault != nil {
		return nil, fault
	}
	var list []coloured
	taken := map[int]bool{}
	for _, o := range p.unit.index.occs[p.file] {
		if o.sym.kind == moduleKind && o.def && o.at.Text()[0] == '"' || taken[o.at.Start] {
			continue
		}
		taken[o.at.Start] = true
		c := coloured{o.at.Start, o.at.End, semanticOf[o.sym.kind], 0}
		if _, is := types[o.sym.name]; is || o.sym.library && o.sym.kind == wordKind && isDType(o.sym.name) {
			c.kind = tokenType
		}
		if o.def {
			c.mods |= 1
		}
		if o.sym.library {
			c.mods |= 2
		}
		if o.sym.kind == constKind {
			c.mods |= 4
		}
		list = append(list, c)
	}
	toks, _ := syntax.Scan(p.file)
	for _, t := range toks {
		c := coloured{start: t.Start, end: min(t.End(), len(p.file.Text))}
		switch t.Kind {
		case syntax.KeywordToken:
			c.kind = tokenKeyword
		case syntax.CommentToken:
			c.kind = tokenComment
		case syntax.StringToken:
			c.kind = tokenString
		case syntax.NumberToken:
			c.kind = tokenNumber
		case syntax.OperatorToken:
			c.kind = tokenOperator
		default:
			continue
		}
		if !taken[t.Start] {
			list = append(list, c)
		}
	}
	sort.Slice(list, func(i, j int) bool { return list[i].start < list[j].start })
	return semanticTokens{s.encode(p.file, list)}, nil
}

func isDType(name string) bool {
	t := theLanguage().words[name]
	return t != nil && t.usage == name && t.kind == wordKind
}

// encode writes tokens relative to one another, as the protocol wants them; of two
// that overlap, the second goes.
func (s *Server) encode(f *diag.File, list []coloured) []uint32 {
	data := []uint32{}
	var last position
	end := 0
	for _, c := range list {
		if c.start < end {
			continue
		}
		end = c.end
		at := s.enc.position(f, c.start)
		length := s.enc.units(f.Text[c.start:c.end])
		if at.Line != last.Line {
			data = append(data, uint32(at.Line-last.Line), uint32(at.Character))
		} else {
			data = append(data, 0, uint32(at.Character-last.Character))
		}
		data = append(data, uint32(length), c.kind, c.mods)
		last = at
	}
	return data
}
