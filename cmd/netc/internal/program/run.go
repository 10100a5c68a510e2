package program

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
)

// Run runs exe with the streams of netc itself and returns its exit code. The
// program has a process group of its own, and netc passes each signal on once:
// Ctrl-C on a terminal and a signal sent to netc alone are the same to it. It ends
// in its own time (a training run writes a checkpoint first); netc waits.
//
// settings are environment variables, NAME=VALUE, added to those of netc.
func Run(exe string, args []string, in io.Reader, out, errw io.Writer, settings ...string) (int, error) {
	cmd := exec.Command(exe, args...)
	cmd.Env = append(os.Environ(), settings...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = in, out, errw
	ownGroup(cmd)
	signals := make(chan os.Signal, 4)
	signal.Notify(signals, passed...)
	defer signal.Stop(signals)
	if err := cmd.Start(); err != nil {
		return 0, fmt.Errorf("the generated program does not start: %w", err)
	}
	done := make(chan error, 1)
	go func() { done <- cmd.Wait() }()
	for {
		select {
		case s := <-signals:
			// It may have ended a moment ago; then there is nothing to tell it.
			_ = cmd.Process.Signal(s)
		case err := <-done:
			var exit *exec.ExitError
			if errors.As(err, &exit) {
				if exit.ExitCode() >= 0 {
					return exit.ExitCode(), nil
				}
				return 1, fmt.Errorf("the generated program ended: %s", exit.ProcessState)
			}
			return 0, err
		}
	}
}
