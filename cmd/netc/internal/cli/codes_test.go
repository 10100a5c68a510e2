package cli

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"
)

// TestExitCodes holds the convention that scripts rely on: 0 ok, 1 found problems or
// failed, 2 usage. What fails says why on the error stream and prints nothing else.
func TestExitCodes(t *testing.T) {
	absent := filepath.Join(t.TempDir(), "absent.net")
	const good, bad = "package good\n", "package bad\nnet Bad : (x: f32[N, 3]) -> (y: f32[N, 4]) = x |> dnese(4)\n"
	for _, c := range []struct {
		args string
		in   string
		code int
	}{
		{"version", "", exitOK}, {"check -", good, exitOK}, {"fmt", good, exitOK}, {"completion bash", "", exitOK},
		{"check -", bad, exitFailed}, {"check " + absent, "", exitFailed}, {"summary " + absent, "", exitFailed},
		{"explain E9999", "", exitFailed}, {"explain a.net b.png", "", exitFailed}, {"doc nothing", "", exitFailed}, {"train resnet", "", exitFailed},
		{"frobnicate", "", exitUsage}, {"check", "", exitUsage}, {"check --frobnicate -", good, exitUsage}, {"summary --batch 0 -", good, exitUsage},
		{"summary --set H -", good, exitUsage}, {"train --epochs 0 -", good, exitUsage}, {"compile --pkg 9x -", good, exitUsage},
		{"compile --disable none -", good, exitUsage}, {"compile --isa mmx -", good, exitUsage}, {"completion nosh", "", exitUsage}, {"completion", "", exitUsage},
		{"--color loud version", "", exitUsage}, {"-C /nowhere/at/all version", "", exitUsage}, {"bench --isa mmx lenet", "", exitUsage},
	} {
		var out, problems bytes.Buffer
		code := Main(strings.Fields(c.args), strings.NewReader(c.in), &out, &problems)
		if code != c.code {
			t.Errorf("netc %s: got exit code %d, want %d\n%s", c.args, code, c.code, problems.String())
		}
		if code != exitOK && (out.Len() > 0 || problems.Len() == 0) {
			t.Errorf("netc %s: got %q on standard output and %q on the error stream", c.args, out.String(), problems.String())
		}
	}
}
