package main

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/netc-lang/netc/cmd/netc/internal/cli"
	"github.com/netc-lang/netc/internal/testkit"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"netc": func() { os.Exit(cli.Main(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) },
	})
}

// TestScripts runs testdata/script: each is a session of a user at the command
// line. $ROOT is the repository; the Go caches are those of the machine, so that
// programs build offline.
func TestScripts(t *testing.T) {
	root := testkit.Root(t)
	goEnv := goVariables(t)
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(e *testscript.Env) error {
			e.Setenv("ROOT", root)
			e.Setenv("NETC_CACHE", e.WorkDir+"/.cache")
			e.Setenv("NO_COLOR", "1")
			for _, kv := range goEnv {
				k, v, _ := strings.Cut(kv, "=")
				e.Setenv(k, v)
			}
			if strings.Contains(e.WorkDir, "train_masks") || strings.Contains(e.WorkDir, "train_boxes") || strings.Contains(e.WorkDir, "train_noise") || strings.Contains(e.WorkDir, "train_numbers") {
				return drawShapes(e.WorkDir)
			}
			return nil
		},
		UpdateScripts: os.Getenv("NETC_UPDATE") == "1",
	})
}

// goVariables returns the settings that make the go command work without a home
// directory.
func goVariables(t *testing.T) []string {
	t.Helper()
	names := []string{"GOCACHE", "GOMODCACHE", "GOPROXY", "GOSUMDB", "GOTOOLCHAIN", "GOFLAGS"}
	out, err := exec.Command("go", append([]string{"env"}, names...)...).Output()
	if err != nil {
		t.Fatal(err)
	}
	values := strings.Split(strings.TrimSuffix(string(out), "\n"), "\n")
	kv := make([]string, len(names))
	for i, n := range names {
		kv[i] = n + "=" + values[i]
	}
	return kv
}
