package netc

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"

	"github.com/netc-lang/netc/ir"
	"github.com/netc-lang/netc/runtime/train"
	"github.com/netc-lang/netc/runtime/weights"
)

// WeightsOrigin says where the embedded weights came from: a file, or the seeded
// initial values (Path is empty then). Asked is false when the user did not ask
// for seeded values, so that a front end can warn.
type WeightsOrigin struct {
	Path  string
	Asked bool
}

// DefaultWeights returns the file that training writes and compilation embeds:
// NAME.safetensors beside the source.
func (s *Source) DefaultWeights() string { return filepath.Join(s.Dir, s.Stem+".safetensors") }

// weights returns the safetensors file to embed, checked against the states of m:
// each is there exactly once, with its shape.
func (s *Source) weights(m *ir.Module, ask string) ([]byte, WeightsOrigin, error) {
	path := ask
	switch {
	case ask == "seeded":
		data, err := seeded(m)
		return data, WeightsOrigin{Asked: true}, err
	case ask == "":
		path = s.DefaultWeights()
		if !fileExists(path) {
			data, err := seeded(m)
			return data, WeightsOrigin{}, err
		}
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, WeightsOrigin{}, err
	}
	file, err := weights.Read(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return nil, WeightsOrigin{}, fmt.Errorf("%s: %w", path, err)
	}
	if err := fits(m, file); err != nil {
		return nil, WeightsOrigin{}, fmt.Errorf("%s does not hold the weights of %s: %w", path, s.Path, err)
	}
	return data, WeightsOrigin{Path: path, Asked: true}, nil
}
