//go:build unix

package main

import (
	"bufio"
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"github.com/netc-lang/netc/internal/testkit"
)

// TestInterruptAndResume stops a run by the signal of Ctrl-C in its second epoch:
// netc exits with 130, --resume goes on, and the weights are the same bytes as
// those of a run that was never stopped.
func TestInterruptAndResume(t *testing.T) {
	dir := t.TempDir()
	netc := filepath.Join(dir, "netc")
	goRun(t, testkit.Root(t), "build", "-o", netc, "./cmd/netc")
	source := filepath.Join(testkit.Root(t), "examples", "01_digits", "lenet.net")
	train := func(args ...string) *exec.Cmd {
		cmd := exec.Command(netc, append([]string{"train", source, "--epochs", "2", "--json"}, args...)...)
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "NETC_CACHE="+filepath.Join(dir, "cache"))
		return cmd
	}
	whole, err := train("--out", "whole", "--weights", "whole.safetensors").Output()
	if err != nil {
		t.Fatalf("uninterrupted: %v\n%s", err, stderr(err))
	}

	stopped := train("--out", "stopped", "--weights", "stopped.safetensors")
	var errText bytes.Buffer
	stopped.Stderr = &errText
	out, err := stopped.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := stopped.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if strings.Contains(lines.Text(), `"event":"epoch"`) {
			if err := stopped.Process.Signal(syscall.SIGINT); err != nil {
				t.Fatal(err)
			}
			break
		}
	}
	for lines.Scan() { // drain: the program must be able to write to the end
	}
	err = stopped.Wait()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != exitInterrupted {
		t.Fatalf("interrupted: got %v, want exit code %d\n%s", err, exitInterrupted, errText.String())
	}
	if !strings.Contains(errText.String(), "resume") {
		t.Errorf("the message does not say how to go on: %s", errText.String())
	}
	if _, err := os.Stat(filepath.Join(dir, "stopped.safetensors")); err == nil {
		t.Error("an interrupted run wrote its weights file")
	}

	resumed, err := train("--resume", "stopped", "--out", "stopped", "--weights", "stopped.safetensors").Output()
	if err != nil {
		t.Fatalf("resumed: %v\n%s", err, stderr(err))
	}
	if got, want := digest(t, resumed), digest(t, whole); got != want {
		t.Errorf("weights after resuming: got %s, want %s", got, want)
	}
}

const exitInterrupted = 130

var sha = regexp.MustCompile(`"weights_sha256":"([0-9a-f]{64})"`)

func digest(t *testing.T, out []byte) string {
	t.Helper()
	m := sha.FindSubmatch(out)
	if m == nil {
		t.Fatalf("no digest in %s", out)
	}
	return string(m[1])
}

func stderr(err error) string {
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return string(exit.Stderr)
	}
	return ""
}
