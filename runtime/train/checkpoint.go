package train

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	nrt "github.com/netc-lang/netc/runtime"
	"github.com/netc-lang/netc/runtime/weights"
)

// ErrCheckpoint is wrapped by the errors that say a checkpoint cannot be used.
var ErrCheckpoint = errors.New("cannot resume")

// Prefixes of tensor names in a checkpoint.
const (
	weightPrefix = "weights."
	slotPrefix   = "optimizer."
)

// checkpoint is an open checkpoint file.
type checkpoint struct {
	path string
	dir  string // run folder
	file *weights.File
	info info
}

// info is what a checkpoint says besides tensors.
type info struct {
	Format   int // 1
	Net      string
	Source   string
	Seed     int64
	Epochs   int
	Batch    int   // records of a batch
	Batches  []int // those of each phase; nil in checkpoints of before
	Records  int   // of the training split
	Position position
}

const infoKey = "netc.checkpoint"

// arrays returns the tensors of states under prefix + name.
func arrays(prefix string, states []State) []weights.Array {
	out := make([]weights.Array, 0, len(states))
	for _, s := range states {
		out = append(out, weights.Array{Name: prefix + s.Name, Shape: s.Shape, Floats: s.Data})
	}
	return out
}

// openCheckpoint opens the checkpoint file path, or the newest one of the run
// folder path.
func openCheckpoint(path string) (*checkpoint, error) {
	c := &checkpoint{path: path, dir: filepath.Dir(path)}
	if st, err := os.Stat(path); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrCheckpoint, err)
	} else if st.IsDir() {
		name, err := os.ReadFile(filepath.Join(path, latestName))
		if errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("%w: the folder %s holds no checkpoint (there is no file %s in it)", ErrCheckpoint, path, latestName)
		}
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrCheckpoint, err)
		}
		base := strings.TrimSpace(string(name))
		if base != filepath.Base(base) || !isCheckpoint(base) {
			return nil, fmt.Errorf("%w: %s names no checkpoint: %.40q", ErrCheckpoint, filepath.Join(path, latestName), base)
		}
		c.dir, c.path = path, filepath.Join(path, base)
	}
	f, err := weights.Load(c.path)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrCheckpoint, err)
	}
	c.file = f
	text, ok := f.Metadata[infoKey]
	if !ok {
		return nil, fmt.Errorf("%w: %s is no checkpoint of a training run (a weights file holds neither optimiser nor position)", ErrCheckpoint, c.path)
	}
	if err := json.Unmarshal([]byte(text), &c.info); err != nil {
		return nil, fmt.Errorf("%w: %s: %w", ErrCheckpoint, c.path, err)
	}
	p := c.info.Position
	counts := []int{p.Epoch, p.Batch, p.Step, p.Records, p.Phase, p.PhaseEpoch, p.PhaseStep, p.Part, p.Waited, p.Falls, p.FallWaited}
	if c.info.Format != 1 || slices.Min(counts) < 0 || p.PhaseStep > p.Step || p.PhaseEpoch > p.Epoch || c.info.Batch < 1 || c.info.Epochs < 1 {
		return nil, fmt.Errorf("%w: %s was written by another version of netc", ErrCheckpoint, c.path)
	}
	return c, nil
}

// follow takes over the settings that a resumed run must share with the one
// before, and refuses options that contradict them.
func (r *run) follow(c *checkpoint) error {
	if c.info.Net != r.p.Net {
		return fmt.Errorf("%w: %s is of the net %s, and this is %s", ErrCheckpoint, c.path, c.info.Net, r.p.Net)
	}
	if r.o.Seed != nil && *r.o.Seed != c.info.Seed {
		return fmt.Errorf("%w: %s was made with the seed %d, not %d", ErrCheckpoint, c.path, c.info.Seed, *r.o.Seed)
	}
	if r.o.Batch != c.info.Batch {
		return fmt.Errorf("%w: %s was made with batches of %d records, not %d", ErrCheckpoint, c.path, c.info.Batch, r.o.Batch)
	}
	if r.o.Epochs == 0 {
		r.epochs = c.info.Epochs
	}
	r.seed = c.info.Seed
	return nil
}

// restore copies the tensors of c into the model. Nothing is copied unless all
// fit.
func (r *run) restore(c *checkpoint) error {
	if n := r.train.Len(); n != c.info.Records {
		return fmt.Errorf("%w: %s was made with %d training records, and there are %d", ErrCheckpoint, c.path, c.info.Records, n)
	}
	var want []nrt.State
	var into [][]float32
	for _, part := range []struct {
		prefix string
		states []State
	}{{weightPrefix, r.model.States()}, {slotPrefix, r.model.Slots()}} {
		for _, s := range part.states {
			want = append(want, nrt.State{Name: part.prefix + s.Name, Shape: s.Shape})
			into = append(into, s.Data)
		}
	}
	if err := nrt.Fits(c.file, want); err != nil {
		return fmt.Errorf("%w: %s: %w", ErrCheckpoint, c.path, err)
	}
	if have := len(c.file.Tensors()); have != len(want) {
		return fmt.Errorf("%w: %s: %w: it holds %d tensors, and this one needs %d", ErrCheckpoint, c.path, nrt.ErrWeights, have, len(want))
	}
	if c.info.Position.Phase > len(r.phases) {
		return fmt.Errorf("%w: %s is in phase %d, and the train section has %d", ErrCheckpoint, c.path, c.info.Position.Phase+1, len(r.phases))
	}
	if have := r.batches(); c.info.Batches != nil && !slices.Equal(c.info.Batches, have) {
		return fmt.Errorf("%w: %s was made with phases of batches of %d records, not %d", ErrCheckpoint, c.path, c.info.Batches, have)
	}
	if len(c.info.Position.Metrics) != sums(r.p.Metrics) {
		return fmt.Errorf("%w: %s counts %d numbers of metrics, and the train section has %d", ErrCheckpoint, c.path, len(c.info.Position.Metrics), sums(r.p.Metrics))
	}
	r.at = c.info.Position
	r.resumePart()
	for i, w := range want {
		t, _ := c.file.Lookup(w.Name)
		if err := t.ReadFloat32s(into[i]); err != nil {
			return fmt.Errorf("%w: %s: %w", ErrCheckpoint, c.path, err)
		}
	}
	return nil
}

// save writes a checkpoint of the current position.
func (r *run) save() error {
	states, slots := r.model.States(), r.model.Slots()
	for _, s := range slices.Concat(states, slots) {
		for _, v := range s.Data {
			if !finite(float64(v)) {
				return r.diverged(s.Name+" holds numbers that are not finite", r.lr(max(r.at.Step-1, 0)))
			}
		}
	}
	text, err := json.Marshal(info{
		Format: 1, Net: r.p.Net, Source: r.p.Source, Seed: r.seed, Epochs: r.epochs,
		Batch: r.o.Batch, Batches: r.batches(), Records: r.train.Len(), Position: r.at,
	})
	if err != nil {
		return err
	}
	file, err := weights.Encode(slices.Concat(arrays(weightPrefix, states), arrays(slotPrefix, slots)), map[string]string{infoKey: string(text)})
	if err != nil {
		return err
	}
	return r.store.write(r.at.Step, file)
}

// saveBest writes the weights that did best on validation.
func (r *run) saveBest() error {
	file, err := r.encodeWeights()
	if err != nil {
		return err
	}
	return weights.WriteFileAtomic(filepath.Join(r.store.dir, bestName), file)
}
