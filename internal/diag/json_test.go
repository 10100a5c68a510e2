package diag

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func sample() List {
	file := NewFile("a.net", []byte("package p\nconst É = .5\n"))
	span := Span{file, 21, 23}
	return List{
		{
			Code: "E0104", Span: span, Message: "m", Label: "l", Hint: "h",
			Notes: []Note{{Span: Span{file, 0, 7}, Message: "n"}},
			Edits: []Edit{{Span: Span{file, 21, 21}, Text: "0"}},
		},
		{Severity: Warning, Message: "no place"},
	}
}

func TestJSON(t *testing.T) {
	want := `{"diagnostics":[{"code":"E0104","severity":"error","file":"a.net","line":2,"col":11,"endLine":2,"endCol":13,` +
		`"message":"m","label":"l","hint":"h",` +
		`"notes":[{"file":"a.net","line":1,"col":1,"endLine":1,"endCol":8,"message":"n"}],` +
		`"edits":[{"file":"a.net","line":2,"col":11,"endLine":2,"endCol":11,"text":"0"}]},` +
		`{"code":"","severity":"warning","file":"","line":0,"col":0,"endLine":0,"endCol":0,"message":"no place","label":"","hint":"","notes":[],"edits":[]}]}` + "\n"
	if d := cmp.Diff(want, string(JSON(sample()))); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	if got, want := string(JSON(nil)), "{\"diagnostics\":[]}\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestSARIF(t *testing.T) {
	var log struct {
		Version string
		Runs    []struct {
			ColumnKind string
			Results    []struct {
				RuleID, Level string
				Message       struct{ Text string }
				Locations     []struct {
					PhysicalLocation struct {
						ArtifactLocation struct{ URI string }
						Region           struct{ StartLine, StartColumn, EndLine, EndColumn int }
					}
				}
				RelatedLocations []struct{ Message struct{ Text string } }
			}
		}
	}
	if err := json.Unmarshal(SARIF(sample(), "1.2.3"), &log); err != nil {
		t.Fatal(err)
	}
	if log.Version != "2.1.0" || len(log.Runs) != 1 || log.Runs[0].ColumnKind != "unicodeCodePoints" {
		t.Errorf("got version %q, runs %+v", log.Version, log.Runs)
	}
	res := log.Runs[0].Results
	if len(res) != 2 || res[0].RuleID != "E0104" || res[0].Level != "error" || res[0].Message.Text != "m; l; h" || res[1].Level != "warning" {
		t.Fatalf("got results %+v", res)
	}
	place := res[0].Locations[0].PhysicalLocation
	if place.ArtifactLocation.URI != "a.net" || place.Region.StartLine != 2 || place.Region.StartColumn != 11 || place.Region.EndColumn != 13 {
		t.Errorf("got the place %+v", place)
	}
	if len(res[1].Locations) != 0 || res[0].RelatedLocations[0].Message.Text != "n" {
		t.Errorf("got %+v, want one note and no place for the second", res)
	}
}
