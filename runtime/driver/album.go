package driver

import (
	"bytes"
	"fmt"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"strings"

	"github.com/netc-lang/netc/runtime/weights"
)

// album is a folder of pictures with what was found in them. The picture of a file is
// NAME.png; of several files of one name the second is NAME-2.png.
type album struct {
	dir  string
	used map[string]int
}

// add draws the outputs for a picture and writes the file.
func (a *album) add(path string, img image.Image, fields outputs) error {
	name := strings.TrimSuffix(filepath.Base(path), filepath.Ext(path))
	if path == "-" {
		name = "stdin"
	}
	if a.used == nil {
		a.used = map[string]int{}
	}
	if a.used[name]++; a.used[name] > 1 {
		name = fmt.Sprintf("%s-%d", name, a.used[name])
	}
	var b bytes.Buffer
	if err := png.Encode(&b, drawn(img, fields)); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	if err := os.MkdirAll(a.dir, 0o777); err != nil {
		return err
	}
	return weights.WriteFileAtomic(filepath.Join(a.dir, name+".png"), b.Bytes())
}
