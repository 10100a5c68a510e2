package diag

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

var headLine = regexp.MustCompile(`^(\S+):(\d+):(\d+): error\[(E\d+)\]: (.*)$`)

// block is one of the twelve texts that netc promises word for word, taken apart.
type block struct {
	text string
	d    Diagnostic
}

// normative reads the twelve texts and builds the diagnostic that each shows, in
// a file that has the quoted line where the text says.
func normative(t *testing.T) []block {
	t.Helper()
	raw, err := os.ReadFile("testdata/normative.txt")
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.SplitAfter(string(raw), "\n")
	var out []block
	for i := 0; i+3 < len(lines); i += 4 {
		head := headLine.FindStringSubmatch(strings.TrimSuffix(lines[i], "\n"))
		if head == nil {
			t.Fatalf("got %q, want the first line of a diagnostic", lines[i])
		}
		line, _ := strconv.Atoi(head[2])
		col, _ := strconv.Atoi(head[3])
		_, source, _ := strings.Cut(strings.TrimSuffix(lines[i+1], "\n"), "| ")
		_, under, _ := strings.Cut(strings.TrimSuffix(lines[i+2], "\n"), "^")
		label := strings.TrimLeft(under, "^")
		file := NewFile(head[1], []byte(strings.Repeat("\n", line-1)+source+"\n"))
		start := file.Offset(line, col)
		out = append(out, block{strings.Join(lines[i:i+4], ""), Diagnostic{
			Code: head[4], Message: head[5], Label: strings.TrimPrefix(label, " "),
			Span: Span{file, start, start + 1 + len(under) - len(label)},
			Hint: strings.TrimPrefix(strings.TrimSuffix(lines[i+3], "\n"), "    = hint: "),
		}})
	}
	if len(out) != 12 {
		t.Fatalf("got %d texts, want 12", len(out))
	}
	return out
}

func TestRenderAsTheLanguageSays(t *testing.T) {
	for _, b := range normative(t) {
		if d := cmp.Diff(b.text, List{b.d}.String()); d != "" {
			t.Errorf("%s (-want +got):\n%s", b.d.Code, d)
		}
	}
}

func TestRender(t *testing.T) {
	file := NewFile("a.net", []byte("one\n\tx = \"é日\" y // \x1b[31m\nthree\n\nlast"))
	at := func(line, col, n int) Span {
		start := file.Offset(line, col)
		return Span{file, start, start + n}
	}
	long := NewFile("long.net", []byte(strings.Repeat("\n", 1233)+"x = y"))
	rows := []struct {
		name string
		d    Diagnostic
		want string
	}{
		{"a tab stays a tab, wide letters take two columns", Diagnostic{Code: "E0102", Message: "m", Span: at(2, 11, 1), Label: "here"}, "" +
			"a.net:2:11: error[E0102]: m\n  2 | \tx = \"é日\" y // �[31m\n    | \t          ^ here\n"},
		{"an empty place is one caret", Diagnostic{Code: "E0102", Message: "m", Span: at(1, 4, 0)}, "" +
			"a.net:1:4: error[E0102]: m\n  1 | one\n    |    ^\n"},
		{"several lines are marked on the first", Diagnostic{Message: "m", Span: Span{file, 1, len(file.Text)}}, "" +
			"a.net:1:2: error: m\n  1 | one\n    |  ^^\n"},
		{"an empty line", Diagnostic{Message: "m", Span: at(4, 1, 0)}, "" +
			"a.net:4:1: error: m\n  4 |\n    | ^\n"},
		{"the end of the text", Diagnostic{Message: "m", Span: at(5, 5, 9)}, "" +
			"a.net:5:5: error: m\n  5 | last\n    |     ^\n"},
		{"a warning with notes, no file", Diagnostic{Code: "W0001", Severity: Warning, Message: "m", Hint: "h", Notes: []Note{{Message: "n"}, {at(3, 1, 1), "in the block used"}}}, "" +
			"netc: warning[W0001]: m\n    = note: n\n    = note: in the block used at a.net:3\n    = hint: h\n"},
		{"a long number widens the gutter", Diagnostic{Severity: Advice, Message: "m", Hint: "h", Span: Span{long, 1233, 1234}}, "" +
			"long.net:1234:1: advice: m\n 1234 | x = y\n      | ^\n      = hint: h\n"},
	}
	for _, r := range rows {
		if d := cmp.Diff(r.want, List{r.d}.String()); d != "" {
			t.Errorf("%s (-want +got):\n%s", r.name, d)
		}
	}
}

func TestColorOnlyAdds(t *testing.T) {
	var plain, colored strings.Builder
	var list List
	for _, b := range normative(t) {
		list.Add(b.d)
	}
	list.Add(Diagnostic{Severity: Warning, Message: "m"})
	list.Add(Diagnostic{Severity: Advice, Message: "m"})
	for w, color := range map[*strings.Builder]bool{&plain: false, &colored: true} {
		if err := Render(w, list, RenderOptions{Color: color}); err != nil {
			t.Fatal(err)
		}
	}
	if strings.Contains(plain.String(), "\x1b") || !strings.Contains(colored.String(), styleRed) {
		t.Error("colour appears where it was not asked for, or not where it was")
	}
	without := regexp.MustCompile("\x1b\\[[0-9;]*m").ReplaceAllString(colored.String(), "")
	if d := cmp.Diff(plain.String(), without); d != "" {
		t.Errorf("colour changes the text (-plain +coloured):\n%s", d)
	}
}

func TestPositions(t *testing.T) {
	file := NewFile("a.net", []byte("\ufeffaé\r\nb\tc\n\nd"))
	rows := []struct {
		offset, line, col int
	}{
		{0, 1, 1}, {3, 1, 1}, {4, 1, 2}, {6, 1, 3}, {8, 2, 1}, {9, 2, 2}, {10, 2, 3}, {12, 3, 1}, {13, 4, 1}, {14, 4, 2}, {99, 4, 2}, {-1, 1, 1},
	}
	for _, r := range rows {
		if got := file.Pos(r.offset); got.Line != r.line || got.Col != r.col {
			t.Errorf("offset %d: got %v, want %d:%d", r.offset, got, r.line, r.col)
		}
	}
	for offset := 3; offset < len(file.Text); offset++ {
		if !utf8.RuneStart(file.Text[offset]) || file.Text[offset] == '\n' {
			continue
		}
		p := file.Pos(offset)
		if got := file.Offset(p.Line, p.Col); got != offset {
			t.Errorf("%v: got offset %d, want %d", p, got, offset)
		}
	}
	if got := string(file.Line(2)); got != "b\tc" || file.Line(0) != nil || file.Line(5) != nil || file.Lines() != 4 {
		t.Errorf("got line 2 %q and %d lines, want \"b\\tc\" and 4", got, file.Lines())
	}
	if got := (Span{}).Pos(); got.IsValid() || (Span{}).Text() != "" {
		t.Errorf("got the place %v of no file", got)
	}
	if got := (Span{file, 8, 9}).To(Span{file, 10, 11}).Text(); got != "b\tc" {
		t.Errorf("got %q, want \"b\\tc\"", got)
	}
}

func TestSortIsStable(t *testing.T) {
	a, b := NewFile("a.net", []byte("xxxx")), NewFile("b.net", []byte("xxxx"))
	list := List{
		{Code: "E2", Span: Span{b, 0, 1}}, {Code: "E3", Span: Span{a, 2, 3}}, {Code: "E1", Span: Span{a, 2, 3}},
		{Code: "E0"}, {Code: "E4", Span: Span{a, 1, 2}}, {Code: "E1", Span: Span{a, 2, 3}, Message: "second"},
	}
	list.Sort()
	var got []string
	for _, d := range list {
		got = append(got, d.Code+d.Message)
	}
	if want := []string{"E0", "E4", "E1", "E1second", "E3", "E2"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestClosest(t *testing.T) {
	names := []string{"dense", "conv", "flatten", "ResNet18", "relu", "relu6", "H", "tanh", "sigmoid", "pad", "top", "top_k", "warmup"}
	for name, want := range map[string]string{
		"dnese": "dense", "cnov": "conv", "flaten": "flatten", "resnet18": "ResNet18", "rleu": "relu", "relu7": "relu",
		"dense": "", "x": "", "convolution": "", "tan": "tanh", "sigmoidd": "sigmoid", "abcdef": "", "": "",
		"padding": "pad", "topk": "top_k", "Top_K": "top_k", "warm": "warmup", "topology": "", "re": "",
		"reluu": "relu", "Relu": "relu", strings.Repeat("a", 100): "",
	} {
		if got := Closest(name, names); got != want {
			t.Errorf("%q: got %q, want %q", name, got, want)
		}
		slices.Reverse(names)
		if got := Closest(name, names); got != want {
			t.Errorf("%q with the names reversed: got %q, want %q", name, got, want)
		}
	}
}

// Every code that the compiler reports has a page, and every page its form.
func TestPages(t *testing.T) {
	all := Codes()
	if !slices.IsSorted(all) || len(all) < 12 {
		t.Errorf("got the codes %v, want them sorted", all)
	}
	for _, code := range all {
		page, ok := Page(strings.ToLower(code))
		if !ok || !strings.HasPrefix(page, "# ") || !strings.HasSuffix(page, "\n") || strings.Count(page, "\n") < 4 {
			t.Errorf("%s: got the page %q", code, page)
		}
		if title := Title(code); title == "" || strings.HasSuffix(title, ".") {
			t.Errorf("%s: got the title %q", code, title)
		}
	}
	for _, code := range []string{"", "E9999", "../diag", "E0101.md"} {
		if _, ok := Page(code); ok {
			t.Errorf("got a page for %q", code)
		}
	}
	missing := map[string]string{}
	used := regexp.MustCompile(`"([EW]\d{4})"`)
	err := filepath.WalkDir("../..", func(path string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		text, err := os.ReadFile(path)
		for _, m := range used.FindAllStringSubmatch(string(text), -1) {
			if _, ok := Page(m[1]); !ok {
				missing[m[1]] = path
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, code := range slices.Sorted(maps.Keys(missing)) {
		t.Errorf("%s uses %s: write internal/diag/pages/%s.md", missing[code], code, code)
	}
}

// A line that fills the screen is cut to the part around the caret.
func TestLongLines(t *testing.T) {
	wide := strings.Repeat("é", 1000)
	rows := []struct {
		name       string
		line       string
		start, end int // in runes
		text, mark string
	}{
		{"200 are whole", strings.Repeat("x", 199) + "é", 199, 200, strings.Repeat("x", 199) + "é", strings.Repeat(" ", 199) + "^"},
		{"near the begin", wide, 2, 4, wide[:400] + "…", "  ^^"},
		{"in the middle", wide, 500, 501, "…" + wide[:400] + "…", strings.Repeat(" ", 61) + "^"},
		{"at the end", wide, 1000, 1000, "…" + wide[:120], strings.Repeat(" ", 61) + "^"},
		{"marked beyond the window", wide, 500, 1000, "…" + wide[:400] + "…", strings.Repeat(" ", 61) + strings.Repeat("^", 141)},
	}
	for _, c := range rows {
		src := NewFile("x.net", []byte(c.line+"\nnext\n"))
		runes := []rune(c.line)
		span := Span{File: src, Start: len(string(runes[:c.start])), End: len(string(runes[:c.end]))}
		got := strings.Split(List{{Code: "E0102", Span: span, Message: "m"}}.String(), "\n")
		if len(got) < 3 || got[1] != "  1 | "+c.text || got[2] != "    | "+c.mark {
			t.Errorf("%s: got\n%s\nwant\n  1 | %s\n    | %s", c.name, strings.Join(got, "\n"), c.text, c.mark)
		}
	}
}
