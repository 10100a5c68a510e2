package grad

import (
	"fmt"
	"slices"
	"sort"
	"strings"

	"github.com/netc-lang/netc/internal/diag"
	"github.com/netc-lang/netc/ir"
	"github.com/netc-lang/netc/ir/op"
	"github.com/netc-lang/netc/ir/target"
	"github.com/netc-lang/netc/passes/edit"
	"github.com/netc-lang/netc/runtime/tensor"
)

// Run replaces every Loss function of m by the training step that it defines: a
// function of the same inputs and lr (f32, the learning rate of this step), with
// the same results, that ends with one update per state, in the order of
// m.States. The train section's Loss then names the step.
//
// A parameter that the loss does not depend on gets no update, as in PyTorch; nor
// does one that the section freezes, and no backward code is written for its sake.
// Weight decay skips NoDecay states unless the optimiser says decay_all. With
// Train.Clip the gradients of all parameters are scaled together before, unless those of
// several steps are collected: generated code does it then.
//
// Errors: a loss that is no float scalar, an optimiser that no rule of update
// carries, nothing left to train, or an operation whose gradient needs a size that
// is known only at run time; each names the function or the place in the source.
func Run(m *ir.Module, _ target.Desc) error {
	for i, f := range m.Funcs {
		if f.Kind != ir.Loss {
			continue
		}
		train := trainOf(m, f)
		if train == nil {
			return fmt.Errorf("no train section uses %s", f.Name)
		}
		step, err := trainStep(m, f, train)
		if err != nil {
			return err
		}
		m.Funcs[i] = step
		rename(m, train, step.Name)
	}
	return nil
}

func trainOf(m *ir.Module, f *ir.Func) *ir.Train {
	for _, t := range m.Trains {
		if t.Loss == f.Name {
			return t
		}
	}
	return nil
}

// rename points a train section at its step. Clones of a module share their
// sections, so that the section is replaced and not written to.
func rename(m *ir.Module, train *ir.Train, loss string) {
	m.Trains = slices.Clone(m.Trains)
	renamed := *train
	renamed.Loss = loss
	m.Trains[slices.Index(m.Trains, train)] = &renamed
}

// stepName turns Net.loss into Net.train_step and keeps what follows (the name of
// a phase).
func stepName(loss string) string {
	if i := strings.LastIndex(loss, ".loss"); i >= 0 {
		return loss[:i] + ".train_step" + loss[i+len(".loss"):]
	}
	return loss + ".train_step"
}

// trainStep builds the training step of one loss function; f stays as it is.
func trainStep(m *ir.Module, f *ir.Func, train *ir.Train) (step *ir.Func, err error) {
	opt, err := optimizer(train)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", f.Name, err)
	}
	step = f.Clone()
	step.Kind, step.Name = ir.TrainStep, stepName(f.Name)
	loss, err := lossOf(step)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", f.Name, err)
	}
	updates := takeUpdates(m, step)
	reads := readsOf(m, step)
	changes := trainedBy(m, train)
	trained := map[*ir.Value]bool{}
	for s, values := range reads {
		for _, v := range values {
			trained[v] = changes(s)
		}
	}
	marked := reach(step, func(v *ir.Value) bool { return trained[v] })
	if !marked[loss] {
		return nil, nothingToTrain(f, reads, changes)
	}

	b := ir.NewBuilder(step)
	defer func() {
		switch p := recover().(type) {
		case nil:
		case refusal:
			step, err = nil, fmt.Errorf("%v: %s", b.Pos, string(p))
		default:
			panic(p)
		}
	}()
	if loss.Def != nil {
		b.Pos, b.Stage = loss.Def.Pos, loss.Def.Stage
	}
	forward := len(step.Instrs)
	seeds := map[*ir.Value]*ir.Value{loss: emitter{b}.scalar(1, loss)}
	adjoint := reverse(b, step, forward, seeds, marked)

	lr := step.AddInput("lr", op.Tensor(tensor.F32))
	gradient := func(s *ir.State) *ir.Value {
		if !changes(s) || updates[s] != nil {
			return nil
		}
		return total(b, reads[s], adjoint)
	}
	if train.Clip > 0 && train.Accumulate <= 1 { // else what was collected is clipped, where it lies
		gradient = clipped(b, m, train.Clip, gradient)
	}
	opt.layers(m, f.Net)
	finish(b, m, f.Net, &opt, lr, updates, gradient)
	edit.Rebuild(step, func(_ *ir.Builder, in *ir.Instr) ([]*ir.Value, bool) { return in.Args, in.Op.Name == "detach" })
	return step, nil
}

// trainedBy tells which states a step changes by their gradients.
func trainedBy(m *ir.Module, train *ir.Train) func(*ir.State) bool {
	frozen := map[*ir.State]bool{}
	for _, name := range train.Frozen {
		frozen[m.State(train.Net, name)] = true
	}
	return func(s *ir.State) bool { return !s.Buffer && !s.Frozen && !frozen[s] }
}

// readsOf returns the values that f reads each state as, in order.
func readsOf(m *ir.Module, f *ir.Func) map[*ir.State][]*ir.Value {
	reads := map[*ir.State][]*ir.Value{}
	for _, in := range f.Instrs {
		if in.Op.Name == "param" || in.Op.Name == "buffer" {
			s := stateOf(m, f, in, "name")
			reads[s] = append(reads[s], in.Outs[0])
		}
	}
	return reads
}

// stateOf returns the state that an attribute of an instruction names.
func stateOf(m *ir.Module, f *ir.Func, in *ir.Instr, attr string) *ir.State {
	s := m.State(f.Net, in.Attrs.String(attr))
	if s == nil {
		diag.Bugf("grad: %s: %s names %q, which is no state", f.Name, in.Op.Name, in.Attrs.String(attr))
	}
	return s
}

// lossOf returns the value that is differentiated.
func lossOf(f *ir.Func) (*ir.Value, error) {
	for _, r := range f.Results {
		if r.Name != "loss" {
			continue
		}
		if t := r.Value.Type; t.Rank() != 0 || !t.DType.Float() {
			return nil, fmt.Errorf("found a loss of type %v, expected a float scalar", t)
		}
		return r.Value, nil
	}
	return nil, fmt.Errorf("found no result named loss")
}

// takeUpdates removes the updates from f, by state: they must come after every
// read, so that finish emits them behind the backward half.
func takeUpdates(m *ir.Module, f *ir.Func) map[*ir.State]*ir.Instr {
	updates := map[*ir.State]*ir.Instr{}
	kept := f.Instrs[:0]
	for _, in := range f.Instrs {
		if in.Op.Effect == op.Update {
			updates[stateOf(m, f, in, "state")] = in
			continue
		}
		kept = append(kept, in)
	}
	f.Instrs = kept
	return updates
}

// total adds up the adjoints of several reads of one parameter; nil when the loss
// depends on none of them.
func total(b *ir.Builder, reads []*ir.Value, adjoint map[*ir.Value]*ir.Value) *ir.Value {
	var sum *ir.Value
	for _, v := range reads {
		d := adjoint[v]
		switch {
		case d == nil:
		case sum == nil:
			sum = d
		default:
			sum = b.One("add", nil, sum, d)
		}
	}
	return sum
}

// finish ends a training step with its updates in state order: those that the
// loss function had (running statistics) and those of the optimiser. gradient
// returns nil for what is not trained.
func finish(b *ir.Builder, m *ir.Module, net string, opt *rule, lr *ir.Value, updates map[*ir.State]*ir.Instr, gradient func(*ir.State) *ir.Value) {
	for _, s := range m.States {
		if u := updates[s]; u != nil {
			b.Pos, b.Stage = u.Pos, u.Stage
			b.Emit("update", u.Attrs, u.Args...)
			continue
		}
		if g := gradient(s); g != nil {
			b.Pos, b.Stage = s.Pos, ""
			b.Emit("update", opt.attrs(s, m.Ref(net, s)), g, opt.rate(b, s, lr))
		}
	}
}

// nothingToTrain explains why the loss reaches no trained parameter.
func nothingToTrain(f *ir.Func, reads map[*ir.State][]*ir.Value, changes func(*ir.State) bool) error {
	var frozen []string
	for s := range reads {
		if !changes(s) && !s.Buffer {
			frozen = append(frozen, s.Name)
		}
	}
	sort.Strings(frozen)
	switch {
	case len(frozen) == 0:
		return fmt.Errorf("%s has nothing to train: the loss depends on no parameter of %s", f.Name, f.Net)
	case len(frozen) > 4:
		frozen = append(frozen[:4:4], fmt.Sprintf("and %d more", len(frozen)-4))
	}
	return fmt.Errorf("%s has nothing left to train: every parameter that it reads is frozen (%s); leave one out of the freeze",
		f.Name, strings.Join(frozen, ", "))
}
