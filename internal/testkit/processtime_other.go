//go:build !unix

package testkit

import (
	"testing"
	"time"
)

var start = time.Now()

// ProcessTime is the time since the process began.
func ProcessTime(testing.TB) time.Duration { return time.Since(start) }
