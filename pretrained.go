package netc

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"slices"

	"github.com/netc-lang/netc/ir"
	"github.com/netc-lang/netc/lang/check"
	"github.com/netc-lang/netc/runtime/weights"
)

// pretrained reads what the weights sections of p load for the states of m, and
// returns the path of the first file that it read. Files that are absent are an
// error, unless skip.
func pretrained(p *check.Program, m *ir.Module, skip bool) (given map[*ir.State][]float32, from string, err error) {
	given = map[*ir.State][]float32{}
	for _, w := range p.Weights {
		if !slices.ContainsFunc(m.States, func(s *ir.State) bool { return s.Net == w.Net }) {
			continue // the net is not compiled
		}
		for _, c := range w.Checkpoints {
			path := c.File()
			if c.Absent {
				if skip {
					continue
				}
				return nil, "", fmt.Errorf("%v: there is no file %s, which `weights %s` loads; put it there, or compile with --weights seeded", c.Span.Pos(), path, w.Net)
			}
			if err := load(m, w.Net, c, path, given); err != nil {
				return nil, "", fmt.Errorf("%v: %s: %w", c.Span.Pos(), path, err)
			}
			if from == "" {
				from = path
			}
		}
	}
	return given, from, nil
}

// load reads the tensors that c takes.
func load(m *ir.Module, net string, c *check.Checkpoint, path string, given map[*ir.State][]float32) error {
	data, err := weights.ReadFile(path)
	if err != nil {
		return err
	}
	if sum := sha256.Sum256(data); c.SHA256 != "" && hex.EncodeToString(sum[:]) != c.SHA256 {
		return fmt.Errorf("its SHA-256 is %s, and the source wants %s: it is another file", hex.EncodeToString(sum[:]), c.SHA256)
	}
	file, err := weights.ViewAny(data)
	if err != nil {
		return err
	}
	for _, t := range c.Takes {
		s := m.State(net, t.State.Path)
		stored, ok := file.Lookup(t.Tensor)
		if s == nil || !ok {
			return fmt.Errorf("it has changed: %s is gone", t.Tensor)
		}
		values, ok := stored.InPlace()
		if !ok {
			if values, err = stored.Float32s(); err != nil {
				return err
			}
		}
		if want, _ := s.Type.Elems().IsConst(); want != int64(len(values)) {
			return fmt.Errorf("it has changed: %s holds %d numbers", t.Tensor, len(values))
		}
		given[s] = values
	}
	return nil
}

// onlyFromCheckpoints reports whether files that weights sections name hold all
// weights of m, and nothing in the source trains them any further.
func onlyFromCheckpoints(p *check.Program, m *ir.Module) bool {
	fed := map[*ir.State]bool{}
	for _, w := range p.Weights {
		if slices.ContainsFunc(p.Trains, func(t *check.Train) bool { return t.Net == w.Net }) {
			return false
		}
		for _, c := range w.Checkpoints {
			for _, t := range c.Takes {
				fed[m.State(w.Net, t.State.Path)] = true
			}
		}
	}
	for _, s := range m.States {
		if !s.Training && !fed[s] {
			return false
		}
	}
	return len(m.States) > 0
}

// Start returns the weights that training of a net begins with, as a safetensors
// file: what its weights section loads, nil when it has none. The others begin with
// initial values of the run's seed.
//
// Errors: a file that is absent or has changed since the source was checked.
func (p *Package) Start(net string) ([]byte, error) {
	given, _, err := pretrained(p.program, p.Module, false)
	if err != nil || len(given) == 0 {
		return nil, err
	}
	var arrays []weights.Array
	for _, s := range p.Module.States {
		values := given[s]
		if values == nil || s.Net != net {
			continue
		}
		var shape []int
		for _, d := range s.Type.Dims {
			n, _ := d.Size.IsConst()
			shape = append(shape, int(n))
		}
		name := s.Name
		if slices.ContainsFunc(p.Module.States, func(o *ir.State) bool { return o != s && o.Name == s.Name }) {
			arrays = append(arrays, weights.Array{Name: s.Net + "." + s.Name, Shape: shape, Floats: values})
		}
		arrays = append(arrays, weights.Array{Name: name, Shape: shape, Floats: values})
	}
	return weights.Encode(arrays, nil)
}

// Pretrained tells whether a weights section of the source names a file, so that the
// net is of use before it is trained here, and whether training has written its
// weights: a checkpoint that happens to have their name is not that.
func (s *Source) Pretrained() (names, written bool) {
	p, _ := s.Check()
	if p == nil {
		return false, fileExists(s.DefaultWeights())
	}
	return len(p.Weights) > 0, s.written(p)
}

// written reports whether the file that training writes is there.
func (s *Source) written(p *check.Program) bool {
	return fileExists(s.DefaultWeights()) && !loads(p, s.DefaultWeights())
}

// Loads reports whether a weights section of the source reads the file at path, so
// that nothing else should be written there.
func (s *Source) Loads(path string) bool {
	p, _ := s.Check()
	return p != nil && loads(p, path)
}

func loads(p *check.Program, path string) bool {
	a, err := os.Stat(path)
	if err != nil {
		return false
	}
	for _, w := range p.Weights {
		for _, c := range w.Checkpoints {
			if b, err := os.Stat(c.File()); err == nil && os.SameFile(a, b) {
				return true
			}
		}
	}
	return false
}
