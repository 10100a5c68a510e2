package diag

import "encoding/json"

type jsonRange struct {
	File    string `json:"file"`
	Line    int    `json:"line"`
	Col     int    `json:"col"`
	EndLine int    `json:"endLine"`
	EndCol  int    `json:"endCol"`
}

type jsonEdit struct {
	jsonRange
	Text string `json:"text"`
}

type jsonNote struct {
	jsonRange
	Message string `json:"message"`
}

type jsonDiagnostic struct {
	Code     string `json:"code"`
	Severity string `json:"severity"`
	jsonRange
	Message string     `json:"message"`
	Label   string     `json:"label"`
	Hint    string     `json:"hint"`
	Notes   []jsonNote `json:"notes"`
	Edits   []jsonEdit `json:"edits"`
}

func rangeOf(s Span) jsonRange {
	from, to := s.Pos(), s.EndPos()
	return jsonRange{from.File, from.Line, from.Col, to.Line, to.Col}
}

// JSON returns the list as one object, {"diagnostics": [...]}, ending in a
// newline: what `netc check --json` prints. Lines and columns are 1-based,
// columns count runes, the end is just behind the marked text; a diagnostic
// without a file has an empty file and line 0.
func JSON(list List) []byte {
	out := struct {
		Diagnostics []jsonDiagnostic `json:"diagnostics"`
	}{Diagnostics: make([]jsonDiagnostic, 0, len(list))}
	for _, d := range list {
		j := jsonDiagnostic{
			Code: d.Code, Severity: d.Severity.String(), jsonRange: rangeOf(d.Span),
			Message: d.Message, Label: d.Label, Hint: d.Hint,
			Notes: make([]jsonNote, 0, len(d.Notes)), Edits: make([]jsonEdit, 0, len(d.Edits)),
		}
		for _, n := range d.Notes {
			j.Notes = append(j.Notes, jsonNote{rangeOf(n.Span), n.Message})
		}
		for _, e := range d.Edits {
			j.Edits = append(j.Edits, jsonEdit{rangeOf(e.Span), e.Text})
		}
		out.Diagnostics = append(out.Diagnostics, j)
	}
	return marshal(out)
}

// marshal encodes plain structs of strings and ints, which cannot fail.
func marshal(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		Bugf("diagnostics do not marshal: %v", err)
	}
	return append(b, '\n')
}
