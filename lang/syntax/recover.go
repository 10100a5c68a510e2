package syntax

import "slices"

// cut removes the statement that holds the wrong token ids[at], so that the rest
// of the declaration can be parsed. Where the head of a statement with braces is
// wrong, a plain head takes its place and the body is kept. Headless tells that
// this happened to the declaration itself. The result is nil when nothing is
// left to parse.
func (p *parser) cut(ids []int, at int) (rest []int, headless bool) {
	toks := p.conv.toks
	if at >= len(ids) {
		at = len(ids) - 1
	}
	parent := toks[ids[at]].brace
	if parent < 0 {
		return p.cutHead(ids, at)
	}
	begin := at
	for begin > 0 && ids[begin-1] != parent && !p.ends(ids[begin-1], parent) {
		begin--
	}
	end := at
	for end < len(ids) && !p.ends(ids[end], parent) && toks[ids[end]].mate != parent {
		end++
	}
	group := end
	for k := begin; k < end; k++ {
		if t := toks[ids[k]]; t.Text == "{" && t.Kind == PunctToken && t.brace == parent {
			group = k
			break
		}
	}
	if at <= group && group < end {
		if head := p.plainHead(ids, begin); head != nil {
			return splice(ids, begin, group, p.invent(head, ids[begin])), false
		}
	}
	if end < len(ids) && p.ends(ids[end], parent) {
		end++
	}
	if begin == end {
		return nil, true
	}
	return splice(ids, begin, end, nil), false
}

// locate returns the index in ids of the wrong token, which is ids[at] or one behind it:
// how near a parser comes depends on how far it looks ahead, and one that looks less far
// may have stumbled earlier. It finds the statement right up to there by itself.
func (p *parser) locate(ids []int, at int) int {
	toks := p.conv.toks
	open := slices.IndexFunc(ids, func(id int) bool {
		return toks[id].Text == "{" && toks[id].Kind == PunctToken && toks[id].brace < 0
	})
	head, ok := plainHeads[toks[ids[0]].Text]
	if open < 0 || at <= open || at >= len(ids) || !ok || toks[ids[at]].brace < 0 {
		return at
	}
	begin, end := at, at
	for begin > open+1 && !p.ends(ids[begin-1], ids[open]) {
		begin--
	}
	for end < len(ids) && toks[ids[end]].mate != ids[open] && !p.ends(ids[end], ids[open]) {
		end++
	}
	if end < len(ids) && p.ends(ids[end], ids[open]) {
		end++
	}
	last := slices.IndexFunc(ids[end:], func(id int) bool { return toks[id].mate == ids[open] })
	if last < 0 {
		return at
	}
	alone := slices.Concat(p.invent(head, ids[0]), ids[open:open+1], ids[begin:end], ids[end+last:])
	if p.work += len(alone); p.work > maxWork {
		return at
	}
	if _, wrong, ok := parseWith[decl](p, alone); !ok && wrong < len(alone) {
		at = max(at, slices.Index(ids, alone[wrong]))
	}
	return at
}

// ends reports whether token id is a `;` directly inside the braces parent.
func (p *parser) ends(id, parent int) bool {
	t := p.conv.toks[id]
	return t.Text == ";" && t.Kind == PunctToken && t.brace == parent
}

// cutHead recovers from a mistake outside the braces of a declaration.
func (p *parser) cutHead(ids []int, at int) ([]int, bool) {
	for k, id := range ids {
		t := p.conv.toks[id]
		if t.Text != "{" || t.Kind != PunctToken || t.brace >= 0 {
			continue
		}
		if at > k { // behind the body
			return p.withEnd(ids[:at]), false
		}
		head, ok := plainHeads[p.conv.toks[ids[0]].Text]
		if !ok {
			return nil, true
		}
		return splice(ids, 0, k, p.invent(head, ids[0])), true
	}
	return nil, true
}

// withEnd returns ids with a `;` behind them.
func (p *parser) withEnd(ids []int) []int {
	return append(ids[:len(ids):len(ids)], p.invent([]string{";"}, ids[len(ids)-1])...)
}

// plainHeads are heads that always parse, by the word a declaration begins with.
var plainHeads = map[string][]string{
	"net": {"net", "X"}, "block": {"block", "X"}, "data": {"data", "X"},
	"train": {"train", "X", "on", "X"}, "predict": {"predict", "X"}, "weights": {"weights", "X"},
	"quantize": {"quantize", "X"}, "explain": {"explain", "X"}, "sampler": {"sampler", "X"},
	"test": {"test", `"x"`},
}

// plainHead returns a head for the statement at begin that allows the same body;
// nil when the braces of the statement are themselves the mistake.
func (p *parser) plainHead(ids []int, begin int) []string {
	first := p.conv.toks[ids[begin]].Text
	switch unit := p.conv.toks[ids[0]].Text; {
	case unit == "test" && first == "expect":
		return []string{"expect", "X"}
	case (unit == "net" || unit == "block" || unit == "test") && (first == "for" || first == "if"):
		return []string{"if", "true"}
	case unit == "train" && begin+1 < len(ids) && p.conv.toks[ids[begin+1]].Text != "=":
		return []string{"phase", "x"}
	case unit == "weights":
		return []string{"from", `"x"`}
	}
	return nil
}

// invent appends tokens that the source does not hold, in place of token id.
func (p *parser) invent(texts []string, id int) []int {
	like := p.conv.toks[id]
	var out []int
	for _, text := range texts {
		kind := IdentToken
		switch {
		case text == ";":
			kind = PunctToken
		case keywords[text]:
			kind = KeywordToken
		case text[0] == '"':
			kind = StringToken
		}
		out = append(out, len(p.conv.toks))
		p.conv.toks = append(p.conv.toks, lexeme{
			Token: Token{Kind: kind, Text: text, Start: like.Start},
			auto:  true, raw: like.raw, brace: like.brace, mate: -1,
		})
	}
	return out
}

// splice returns list with list[from:to] replaced; list itself is not changed.
func splice(list []int, from, to int, with []int) []int {
	out := make([]int, 0, len(list)-(to-from)+len(with))
	out = append(out, list[:from]...)
	out = append(out, with...)
	return append(out, list[to:]...)
}
