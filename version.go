package netc

import "runtime/debug"

// version is what generated files name; it changes with every release.
const version = "v0.1.0"

// Version returns the release of the compiler. It does not depend on how the
// compiler was built, so that generated files do not either.
func Version() string { return version }

// Build returns the version with the commit where the build knows it.
func Build() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return version
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" && len(s.Value) >= 12 {
			return version + " (" + s.Value[:12] + ")"
		}
	}
	return version
}
