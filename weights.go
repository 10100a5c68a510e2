package netc

import (
	"fmt"
	"path/filepath"
	"slices"

	"github.com/netc-lang/netc/ir"
	"github.com/netc-lang/netc/lang/check"
	nrt "github.com/netc-lang/netc/runtime"
	"github.com/netc-lang/netc/runtime/train"
	"github.com/netc-lang/netc/runtime/weights"
)

// WeightsOrigin says where the embedded weights came from: a file, or the seeded
// initial values (Path is empty then). Asked is false when the user named neither
// and no file was found, or those that a weights section names leave some weights at
// their initial values, so that a front end can warn.
type WeightsOrigin struct {
	Path  string
	Asked bool
}

// DefaultWeights returns the file that training writes and compilation embeds:
// NAME.safetensors beside the source.
func (s *Source) DefaultWeights() string { return filepath.Join(s.Dir, s.Stem+".safetensors") }

// weights returns the safetensors file to embed, checked against the states of m.
//
// Of a file that training wrote and a checkpoint that a weights section names, the
// first one wins where the net is trained in this source: the checkpoint is then
// where training began (see docs/decisions).
func (s *Source) weights(p *check.Program, m *ir.Module, o Options) ([]byte, WeightsOrigin, error) {
	if o.Initial {
		data, err := seeded(m, nil)
		return data, WeightsOrigin{Asked: true}, err
	}
	switch o.Weights {
	case "seeded":
		given, _, err := pretrained(p, m, true)
		if err != nil {
			return nil, WeightsOrigin{}, err
		}
		data, err := seeded(m, given)
		return data, WeightsOrigin{Asked: true}, err
	case "":
	default:
		data, err := s.trained(m, o.Weights)
		return data, WeightsOrigin{Path: o.Weights, Asked: true}, err
	}
	path := s.DefaultWeights()
	if s.written(p) && !onlyFromCheckpoints(p, m) {
		data, err := s.trained(m, path)
		return data, WeightsOrigin{Path: path, Asked: true}, err
	}
	given, from, err := pretrained(p, m, false)
	if err != nil {
		return nil, WeightsOrigin{}, err
	}
	data, err := seeded(m, given)
	missing := slices.ContainsFunc(m.States, func(x *ir.State) bool { return !x.Training && given[x] == nil })
	return data, WeightsOrigin{Path: from, Asked: !missing}, err
}

// trained reads a file that holds every weight of m.
func (s *Source) trained(m *ir.Module, path string) ([]byte, error) {
	data, err := weights.ReadFile(path)
	if err != nil {
		return nil, err
	}
	file, err := weights.View(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	want, err := wanted(m)
	if err != nil {
		return nil, err
	}
	if err := nrt.Fits(file, want); err != nil {
		return nil, fmt.Errorf("%s does not belong to %s: %w; train it again, or name another file with --weights", path, s.Path, err)
	}
	if !slices.ContainsFunc(m.States, func(x *ir.State) bool { return x.Training }) {
		return data, nil
	}
	// What lives only in training stays behind.
	values, err := nrt.Bind(file, want)
	if err != nil {
		return nil, err
	}
	arrays := make([]weights.Array, len(want))
	for i, w := range want {
		arrays[i] = weights.Array{Name: w.Key(), Shape: w.Shape, Floats: values[i]}
	}
	return weights.Encode(arrays, file.Metadata)
}

// wanted lists the states of m as the runtime knows them.
func wanted(m *ir.Module) ([]nrt.State, error) {
	var out []nrt.State
	count := map[string]int{} // states of each name, over all nets
	for _, s := range m.States {
		if !s.Training {
			count[s.Name]++
		}
	}
	for _, s := range m.States {
		if s.Training {
			continue
		}
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

// seeded returns the values given, and the initial values, seed 0, of every other
// state.
func seeded(m *ir.Module, given map[*ir.State][]float32) ([]byte, error) {
	want, err := wanted(m)
	if err != nil {
		return nil, err
	}
	served := slices.DeleteFunc(slices.Clone(m.States), func(s *ir.State) bool { return s.Training })
	arrays := make([]weights.Array, len(want))
	for i, w := range want {
		init := served[i].Init
		a := weights.Array{Name: w.Key(), Shape: w.Shape, Floats: given[served[i]]}
		if a.Floats == nil {
			a.Fill = func(dst []float32) error {
				train.Initialise(dst, w.Shape, init.Kind, init.Args, 0, train.StreamOf(w.Name))
				return nil
			}
		}
		arrays[i] = a
	}
	return weights.Encode(arrays, nil)
}
