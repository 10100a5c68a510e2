package netc

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/netc-lang/netc/internal/diag"
	"github.com/netc-lang/netc/ir"
	"github.com/netc-lang/netc/ir/kernels"
	"github.com/netc-lang/netc/ir/op"
	"github.com/netc-lang/netc/ir/sym"
	"github.com/netc-lang/netc/lang/irgen"
)

// NetSummary is what one net costs. Bytes are bytes; MACs are for batch 1, the
// arena for the batch that was asked.
type NetSummary struct {
	Name         string         `json:"name"`
	Params       int64          `json:"params"`
	MACs         int64          `json:"macs"`
	Arena        int64          `json:"arena"`
	ArenaBound   int64          `json:"arena_bound"`
	ArenaLogical int64          `json:"arena_logical"` // the bound without halos and padding channels
	WeightsBytes int64          `json:"weights_bytes"`
	Stages       []StageSummary `json:"stages"`
	Sampled      []string       `json:"sampled,omitempty"` // sizes that nobody gave: H=256
	Training     *TrainSummary  `json:"training,omitempty"`
}

// TrainSummary is what a training step takes beside its arena, which then is that of the
// summary.
type TrainSummary struct {
	Batch          int64 `json:"batch"`
	GradientsBytes int64 `json:"gradients_bytes"`
	SlotsBytes     int64 `json:"slots_bytes"`            // what the optimiser remembers
	KernelBytes    int64 `json:"kernel_bytes,omitempty"` // scratch of [kernels.Threads] threads, and weights as a kernel reads them
	MemoryLimit    int64 `json:"memory_limit,omitempty"` // of the arena and KernelBytes, as the section says
}

// StageSummary is one stage of the source: what it makes and what it costs.
type StageSummary struct {
	Path   string `json:"path"`
	Op     string `json:"op"`
	Shape  string `json:"shape"`
	Params int64  `json:"params"`
	MACs   int64  `json:"macs"`
}

// Summarise checks s and counts every net, or only the one named. sizes gives
// values to free symbols; N is 1 unless it is there, and another symbol the first
// size from [SampleSize] on that the where-clauses allow.
//
// Errors: as [Compile]; also a symbol that no net has, or one with a value that a
// where-clause excludes.
func Summarise(s *Source, net string, sizes map[string]int64) (nets []NetSummary, list diag.List, err error) {
	return s.summarise(net, sizes, false)
}

// SummariseTraining is [Summarise] for the nets that are trained: arena and bound are those
// of the step of the first phase, for the batch of the source unless sizes give another N.
//
// Errors: as Summarise; also that nothing is trained.
func SummariseTraining(s *Source, net string, sizes map[string]int64) (nets []NetSummary, list diag.List, err error) {
	return s.summarise(net, sizes, true)
}

func (s *Source) summarise(net string, sizes map[string]int64, training bool) (nets []NetSummary, list diag.List, err error) {
	program, list := s.check()
	if program == nil {
		return nil, list, nil
	}
	graph := irgen.Module(program)
	planned := graph.Clone()
	if err := Lower(planned, Options{}); err != nil {
		if d, ok := beyondLimit(program, err); ok {
			list.Add(d)
			return nil, list, nil
		}
		return nil, list, err
	}
	known := map[string]bool{"N": true}
	for _, f := range graph.Funcs {
		if f.Kind != ir.Infer || net != "" && f.Net != net {
			continue
		}
		noteSymbols(f, known)
		step := stepOf(planned, f.Net)
		if training && step == nil {
			continue
		}
		for _, name := range slices.Sorted(maps.Keys(sizes)) {
			if clause := f.Facts.Broken(name, sizes[name]); clause != "" {
				return nil, list, fmt.Errorf("%s: found %s = %d, expected %s", f.Net, name, sizes[name], clause)
			}
		}
		sizes, sampled := withSamples(f, sizes)
		n, err := summarise(graph, f, sizes)
		if err != nil {
			return nil, list, err
		}
		if training {
			noteSymbols(step, known)
			if err := n.train(planned, step, sizes); err != nil {
				return nil, list, err
			}
			n.Sampled = sampled
			nets = append(nets, n)
			continue
		}
		for _, p := range planned.Funcs {
			if p.Name != f.Name || p.Memory == nil {
				continue
			}
			l, err := p.At(withBatch(sizes, 0))
			if err != nil {
				return nil, list, sizeError(f.Net, err)
			}
			n.Arena, n.ArenaBound, n.ArenaLogical = l.Arena, l.Bound, l.Logical
		}
		n.Sampled = sampled
		nets = append(nets, n)
	}
	if len(nets) == 0 && net != "" {
		what := "net called"
		if training {
			what = "train section for"
		}
		return nil, list, fmt.Errorf("%s has no %s %s", s.Path, what, net)
	}
	if len(nets) == 0 && training {
		return nil, list, fmt.Errorf("%s trains nothing that this version compiles", s.Path)
	}
	for _, name := range slices.Sorted(maps.Keys(sizes)) {
		if !known[name] {
			return nil, list, fmt.Errorf("%s has no size called %s; its nets have %s", s.Path, name, strings.Join(slices.Sorted(maps.Keys(known)), ", "))
		}
	}
	return nets, list, nil
}

// noteSymbols adds the sizes of the inputs of f.
func noteSymbols(f *ir.Func, known map[string]bool) {
	for _, v := range f.Inputs {
		for _, d := range v.Type.Dims {
			for _, name := range d.Size.Symbols() {
				known[name] = true
			}
		}
	}
}

// stepOf returns the first training step of a net, nil for none.
func stepOf(m *ir.Module, net string) *ir.Func {
	for _, t := range m.Trains {
		if t.Net == net {
			return m.Func(t.Loss)
		}
	}
	return nil
}

// train puts the memory of a training step into n.
func (n *NetSummary) train(m *ir.Module, step *ir.Func, sizes map[string]int64) error {
	all, _ := withSamples(step, sizes)
	n.Training = &TrainSummary{Batch: all["N"]}
	for _, t := range m.Trains {
		if t.Loss == step.Name && n.Training.Batch == 0 {
			n.Training.Batch = int64(t.Batch)
		}
		if t.Loss == step.Name {
			n.Training.MemoryLimit = t.Memory
		}
	}
	l, err := step.At(withBatch(all, n.Training.Batch))
	if err != nil {
		return sizeError(step.Net, err)
	}
	n.Arena, n.ArenaBound, n.ArenaLogical = l.Arena, l.Bound, l.Logical
	n.Training.KernelBytes = kernels.RoomOf(step, n.Training.Batch).Bytes(kernels.Threads)
	for _, in := range step.Instrs {
		if in.Op.Effect != op.Update || in.Attrs.String("rule") == "assign" {
			continue
		}
		s := m.State(step.Net, in.Attrs.String("state"))
		bytes, err := s.Type.Bytes().Eval(nil)
		if err != nil {
			return err
		}
		n.Training.GradientsBytes += bytes
		n.Training.SlotsBytes += bytes * int64(len(op.Slots(in.Attrs)))
	}
	return nil
}

// SampleSize is the size of pictures that a summary takes where neither the source nor
// the caller says one.
const SampleSize = 256

// withSamples returns sizes with a value for every symbol of the inputs of f but the
// batch, and the ones it chose, such as H=256.
func withSamples(f *ir.Func, sizes map[string]int64) (all map[string]int64, sampled []string) {
	all = maps.Clone(sizes)
	if all == nil {
		all = map[string]int64{}
	}
	for _, v := range f.Inputs {
		for _, d := range v.Type.Dims {
			for _, name := range d.Size.Symbols() {
				if _, ok := all[name]; ok || name == "N" {
					continue
				}
				n := int64(SampleSize)
				for n < 2*SampleSize && f.Facts.Broken(name, n) != "" {
					n++
				}
				all[name] = n
				sampled = append(sampled, fmt.Sprintf("%s=%d", name, n))
			}
		}
	}
	return all, sampled
}

// withBatch copies sizes with N set to batch, or to 1 where it has no value.
func withBatch(sizes map[string]int64, batch int64) map[string]int64 {
	out := map[string]int64{"N": 1}
	for k, v := range sizes {
		out[k] = v
	}
	if batch > 0 {
		out["N"] = batch
	}
	return out
}

func sizeError(net string, err error) error {
	return fmt.Errorf("%s: %w; give it with --set NAME=SIZE", net, err)
}

// summarise walks the graph-stage function: stages are those of the source, in
// order, with the weights and products that each adds.
func summarise(m *ir.Module, f *ir.Func, sizes map[string]int64) (NetSummary, error) {
	n := NetSummary{Name: f.Net}
	one := withBatch(sizes, 1)
	at := map[string]int{}
	heaviest := map[string]int64{}
	for _, in := range f.Instrs {
		i, ok := at[in.Stage]
		if !ok {
			i = len(n.Stages)
			at[in.Stage] = i
			n.Stages = append(n.Stages, StageSummary{Path: in.Stage})
		}
		st := &n.Stages[i]
		if s := stateOf(m, f, in); s != nil {
			elems, err := s.Type.Elems().Eval(one)
			if err != nil {
				return n, sizeError(f.Net, err)
			}
			n.WeightsBytes += elems * int64(s.Type.DType.Size())
			if st.Shape == "" {
				st.Shape, st.Op = shapeOf(s.Type, f.Facts, sizes), in.Op.Name
			}
			if !s.Buffer {
				st.Params += elems
				n.Params += elems
			}
			continue
		}
		macs, err := in.MACs().Eval(one)
		if err != nil {
			return n, sizeError(f.Net, err)
		}
		st.MACs += macs
		n.MACs += macs
		if st.Op == "" || macs >= heaviest[in.Stage] {
			st.Op, heaviest[in.Stage] = layerOf(in), macs
		}
		if len(in.Outs) > 0 {
			st.Shape = shapeOf(in.Outs[0].Type, f.Facts, sizes)
		}
	}
	return n, nil
}

// stateOf returns the state an instruction reads, or nil.
func stateOf(m *ir.Module, f *ir.Func, in *ir.Instr) *ir.State {
	if in.Op.Effect != op.Source {
		return nil
	}
	return m.State(f.Net, in.Attrs.String("name"))
}

// shapeOf prints a type as its source would, with the sizes that were given: H/4 in
// place of 4*floor(H/16), and 64 where H = 256. N stays, since MACs are those of one.
func shapeOf(t op.Type, facts sym.Facts, sizes map[string]int64) string {
	by := map[string]sym.Expr{}
	for name, n := range sizes {
		if name != "N" {
			by[name] = sym.Const(n)
		}
	}
	parts := make([]string, len(t.Dims))
	for i, d := range t.Dims {
		parts[i] = facts.Show(d.Size.Subst(by))
		if d.Set != "" {
			parts[i] = d.Set + ":" + parts[i]
		}
	}
	if len(parts) == 0 {
		return t.DType.String()
	}
	return t.DType.String() + "[" + strings.Join(parts, ", ") + "]"
}

// layerOf names what an instruction belongs to in the words of the source.
func layerOf(in *ir.Instr) string {
	if in.Layer != "" {
		return in.Layer
	}
	return in.Op.Name
}
