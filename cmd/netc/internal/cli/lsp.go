package cli

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"sync"

	"github.com/spf13/cobra"

	"github.com/netc-lang/netc"
	"github.com/netc-lang/netc/lang/lsp"
)

func newLSP(e *env) *cobra.Command {
	c := &cobra.Command{
		Use:   "lsp",
		Short: "serve editors: the Language Server Protocol on standard input and output",
		Long: `Serve editors: the Language Server Protocol on standard input and output.

An editor starts this command; lang/editors in the repository says how to set up
VS Code, Neovim and GoLand.`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			// A keystroke makes a few MB that live until the next one; with a small heap
			// the collector would take a third of the time of an answer.
			if os.Getenv("GOGC") == "" {
				debug.SetGCPercent(400)
			}
			err := lsp.Serve(e.in, e.out, &editorHost{}, lsp.Options{Version: netc.Version(), Log: e.err})
			if err != nil {
				return failed(err)
			}
			return nil
		},
	}
	c.Flags().Bool("stdio", true, "the only way to talk, for clients that insist on saying so")
	return c
}

// editorHost is the disk, with a copy of the standard library that an editor can
// open.
type editorHost struct {
	netc.Loader
	once sync.Once
	lib  string // folder of the copies; "" when there is none
}

// Folder reads the .net files of a folder; what cannot be read is left out.
func (h *editorHost) Folder(dir string) map[string][]byte {
	paths, err := filepath.Glob(filepath.Join(escapeGlob(dir), "*.net"))
	if err != nil {
		return nil
	}
	out := map[string][]byte{}
	for _, p := range paths {
		if info, err := os.Stat(p); err != nil || info.Size() > netc.MaxSource || !info.Mode().IsRegular() {
			continue
		}
		if text, err := os.ReadFile(p); err == nil {
			out[p] = text
		}
	}
	return out
}

// escapeGlob makes a folder name mean itself in a pattern.
func escapeGlob(dir string) string {
	if filepath.Separator == '\\' {
		return dir
	}
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(dir)
}

// root returns the folder of the copies: NETC_CACHE, or the user's cache.
func (h *editorHost) root() string {
	h.once.Do(func() {
		dir := os.Getenv("NETC_CACHE")
		if dir == "" {
			cache, err := os.UserCacheDir()
			if err != nil {
				return
			}
			dir = filepath.Join(cache, "netc")
		}
		h.lib = filepath.Join(dir, "stdlib")
	})
	return h.lib
}

// Library writes the copy of a file of the standard library when it is asked for.
// The copies are read-only, so that nobody edits them by mistake.
func (h *editorHost) Library(name string) (string, bool) {
	text, ok := lsp.LibraryText(name)
	if !ok || h.root() == "" {
		return "", false
	}
	path := filepath.Join(h.root(), filepath.FromSlash(name))
	if old, err := os.ReadFile(path); err == nil && string(old) == string(text) {
		return path, true
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return "", false
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", false
	}
	return path, os.WriteFile(path, text, 0o444) == nil
}

// InLibrary reports whether path is below the folder of the copies.
func (h *editorHost) InLibrary(path string) bool {
	root := h.root()
	return root != "" && strings.HasPrefix(path, root+string(filepath.Separator))
}
