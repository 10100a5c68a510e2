//go:build !linux

package kernel

// systemRoom knows of no bound.
func systemRoom() (most int64, of string) { return mostRoom, "" }
