package program

import (
	"os"
	"path/filepath"
	"sort"
	"strings"
	"time"
)

// touch marks a program as used, so that trim removes others first.
func touch(dir string) {
	t := time.Now()
	// A read-only cache still serves; only the order of removal is less good.
	_ = os.Chtimes(dir, t, t)
}

// trim removes all but the programs used last, and builds that were cut off more
// than an hour ago.
func trim(root string) {
	entries, err := os.ReadDir(root)
	if err != nil {
		return
	}
	type aged struct {
		path string
		used time.Time
	}
	var built []aged
	for _, e := range entries {
		info, err := e.Info()
		if err != nil {
			continue
		}
		path := filepath.Join(root, e.Name())
		if strings.HasPrefix(e.Name(), "building-") {
			if time.Since(info.ModTime()) > time.Hour {
				os.RemoveAll(path)
			}
			continue
		}
		built = append(built, aged{path, info.ModTime()})
	}
	sort.Slice(built, func(i, j int) bool { return built[i].used.After(built[j].used) })
	for i := keep; i < len(built); i++ {
		os.RemoveAll(built[i].path)
	}
}
