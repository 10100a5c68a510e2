package diag

type sarifText struct {
	Text string `json:"text"`
}

type sarifRegion struct {
	StartLine   int `json:"startLine"`
	StartColumn int `json:"startColumn"`
	EndLine     int `json:"endLine"`
	EndColumn   int `json:"endColumn"`
}

type sarifPlace struct {
	PhysicalLocation struct {
		ArtifactLocation struct {
			URI string `json:"uri"`
		} `json:"artifactLocation"`
		Region sarifRegion `json:"region"`
	} `json:"physicalLocation"`
	Message *sarifText `json:"message,omitempty"`
}

type sarifResult struct {
	RuleID           string       `json:"ruleId"`
	Level            string       `json:"level"`
	Message          sarifText    `json:"message"`
	Locations        []sarifPlace `json:"locations,omitempty"`
	RelatedLocations []sarifPlace `json:"relatedLocations,omitempty"`
}

type sarifDriver struct {
	Name    string `json:"name"`
	Version string `json:"version,omitempty"`
}

type sarifTool struct {
	Driver sarifDriver `json:"driver"`
}

type sarifRun struct {
	Tool       sarifTool     `json:"tool"`
	ColumnKind string        `json:"columnKind"`
	Results    []sarifResult `json:"results"`
}

type sarifLog struct {
	Schema  string     `json:"$schema"`
	Version string     `json:"version"`
	Runs    []sarifRun `json:"runs"`
}

// SARIF returns the list as a SARIF 2.1.0 log, the form that code scanners of
// forges read. Version is that of netc and may be empty.
func SARIF(list List, version string) []byte {
	run := sarifRun{
		Tool:       sarifTool{sarifDriver{Name: "netc", Version: version}},
		ColumnKind: "unicodeCodePoints",
		Results:    make([]sarifResult, 0, len(list)),
	}
	levels := map[Severity]string{Error: "error", Warning: "warning", Advice: "note"}
	for _, d := range list {
		text := d.Message
		for _, more := range []string{d.Label, d.Hint} {
			if more != "" {
				text += "; " + more
			}
		}
		res := sarifResult{RuleID: d.Code, Level: levels[d.Severity], Message: sarifText{text}}
		if d.Span.IsValid() {
			res.Locations = []sarifPlace{sarifAt(d.Span, "")}
		}
		for _, n := range d.Notes {
			if n.Span.IsValid() {
				res.RelatedLocations = append(res.RelatedLocations, sarifAt(n.Span, n.Message))
			}
		}
		run.Results = append(run.Results, res)
	}
	return marshal(sarifLog{
		Schema:  "https://json.schemastore.org/sarif-2.1.0.json",
		Version: "2.1.0",
		Runs:    []sarifRun{run},
	})
}

func sarifAt(s Span, message string) sarifPlace {
	r := rangeOf(s)
	var p sarifPlace
	p.PhysicalLocation.ArtifactLocation.URI = r.File
	p.PhysicalLocation.Region = sarifRegion{r.Line, r.Col, r.EndLine, r.EndCol}
	if message != "" {
		p.Message = &sarifText{message}
	}
	return p
}
