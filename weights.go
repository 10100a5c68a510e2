package netc

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"

	"github.com/netc-lang/netc/ir"
	nrt "github.com/netc-lang/netc/runtime"
	"github.com/netc-lang/netc/runtime/train"
	"github.com/netc-lang/netc/runtime/weights"
)

// WeightsOrigin says where the embedded weights came from: a file, or the seeded
// initial values (Path is empty then). Asked is false when the user named neither
// and no file was found, so that a front end can warn.
type WeightsOrigin struct {
	Path  string
	Asked bool
}

// DefaultWeights returns the file that training writes and compilation embeds:
// NAME.safetensors beside the source.
func (s *Source) DefaultWeights() string { return filepath.Join(s.Dir, s.Stem+".safetensors") }

// weights returns the safetensors file to embed, checked against the states of m.
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
	want, err := wanted(m)
	if err != nil {
		return nil, WeightsOrigin{}, err
	}
	if err := nrt.Fits(file, want); err != nil {
		return nil, WeightsOrigin{}, fmt.Errorf("%s does not belong to %s: %w; train it again, or name another file with --weights", path, s.Path, err)
	}
	return data, WeightsOrigin{Path: path, Asked: true}, nil
}

// wanted lists the states of m as the runtime knows them.
func wanted(m *ir.Module) ([]nrt.State, error) {
	var out []nrt.State
	count := map[string]int{} // states of each name, over all nets
	for _, s := range m.States {
		count[s.Name]++
	}
	for _, s := range m.States {
		shape := make([]int, len(s.Type.Dims))
		for i, d := range s.Type.Dims {
			n, ok := d.Size.IsConst()
			if !ok {
				return nil, fmt.Errorf("%v: the weight %s has the size %v, which is not known at compile time", s.Pos, s.Name, d.Size)
			}
			shape[i] = int(n)
		}
		w := nrt.State{Name: s.Name, Shape: shape}
		if count[s.Name] > 1 {
			w.Net = s.Net
		}
		out = append(out, w)
	}
	return out, nil
}

// seeded returns the initial values of every state, seed 0.
func seeded(m *ir.Module) ([]byte, error) {
	want, err := wanted(m)
	if err != nil {
		return nil, err
	}
	var arrays []weights.Array
	for i, w := range want {
		n := 1
		for _, d := range w.Shape {
			n *= d
		}
		values := make([]float32, n)
		init := m.States[i].Init
		train.Initialise(values, w.Shape, init.Kind, init.Args, 0, train.StreamOf(w.Name))
		name := w.Name
		if w.Net != "" {
			name = w.Net + "." + name // as nrt.State tells the nets of one file apart
		}
		arrays = append(arrays, weights.Array{Name: name, Shape: w.Shape, Floats: values})
	}
	return weights.Encode(arrays, nil)
}
