//go:build unix

package program

import (
	"os"
	"os/exec"
	"syscall"
)

// passed are the signals that netc passes on.
var passed = []os.Signal{os.Interrupt, syscall.SIGTERM, syscall.SIGHUP}

func ownGroup(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }
