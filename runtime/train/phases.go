package train

import (
	"fmt"
	"math"

	"github.com/netc-lang/netc/runtime/data/augment"
)

// Phase is a stretch of a training with settings of its own.
type Phase struct {
	Name     string
	Epochs   int
	LR       float64
	Schedule Schedule // counts the epochs and steps of the phase
	Batch    int      // records of a batch; 0 for those of the program

	// Patience ends the phase when StopOn, measured on the validation records, has
	// not improved for so many epochs; 0 never does. StopOn is a metric, or "" for the
	// loss.
	Patience int
	StopOn   string

	// Parts are the step functions of the phase, in running order; the model counts
	// them through over all phases.
	Parts []Part
}

// Part says where in its phase a step function takes over: at an epoch or, where that
// is 0, at a step.
type Part struct{ Epoch, Step int }

// Parted is a [Model] with several step functions.
type Parted interface {
	// Begin chooses the step function of a part and sets the slots to zero: an
	// optimiser remembers nothing of weights that it did not change.
	Begin(part int)
}

// stretch is a phase that is prepared for a run.
type stretch struct {
	Phase
	rate  rates
	batch int // records of a batch
	per   int // batches of an epoch
	first int // number of its first part
	watch int // metric that Patience watches, -1 for the loss

	wait   int     // epochs without improvement after which the rate falls, 0 for never
	factor float64 // by which it does
}

// plan prepares the phases. A program without phases is one phase, as long as the
// run.
func (r *run) plan() error {
	phases := r.p.Phases
	if len(phases) == 0 {
		phases = []Phase{{Epochs: r.epochs, LR: r.p.LR, Schedule: r.p.Schedule}}
	}
	part := 0
	for _, p := range phases {
		s := stretch{Phase: p, batch: r.o.Batch, first: part, watch: -1, factor: 1}
		if p.Batch > 0 && !r.fixed {
			s.batch = p.Batch
		}
		s.per = (r.train.Len() + s.batch - 1) / s.batch
		if p.Schedule.Name == "plateau" {
			a := augment.Read(augment.Call{Name: "schedule plateau", Args: p.Schedule.Args})
			s.wait, s.factor = a.Int("patience", 1, 10), a.Positive("factor", 0.1)
		}
		part += max(len(p.Parts), 1)
		var err error
		if s.rate, err = p.Schedule.rates(p.LR, p.Epochs, s.per); err != nil {
			return err
		}
		for i, m := range r.p.Metrics {
			if p.StopOn != "" && m.Name == p.StopOn {
				s.watch = i
			}
		}
		if p.StopOn != "" && s.watch < 0 {
			return fmt.Errorf("phase %s ends by %s, which is no metric of the program", p.Name, p.StopOn)
		}
		r.phases = append(r.phases, s)
	}
	return nil
}

// total is the number of epochs of all phases.
func total(phases []Phase) int {
	n := 0
	for _, p := range phases {
		n += p.Epochs
	}
	return n
}

// batches returns the records of a batch of each phase.
func (r *run) batches() []int {
	var out []int
	for _, p := range r.phases {
		out = append(out, p.batch)
	}
	return out
}

// steps is the number of steps of the whole run, if no phase ends early.
func (r *run) steps() int {
	n, left := 0, r.epochs
	for i, p := range r.phases {
		epochs := min(p.Epochs, left)
		if len(r.p.Phases) == 0 || i == len(r.phases)-1 {
			epochs = left
		}
		n, left = n+epochs*p.per, left-epochs
	}
	return n
}

// over reports whether the run has done all that was asked.
func (r *run) over() bool { return r.at.Phase >= len(r.phases) || r.at.Epoch >= r.epochs }

// phase is the one that the run is in, or was in last.
func (r *run) phase() *stretch { return &r.phases[min(r.at.Phase, len(r.phases)-1)] }

// lr is the learning rate of a step.
func (r *run) lr(step int) float64 {
	p := r.phase()
	return p.LR * p.rate(float64(max(step-r.at.PhaseStep, 0))) * math.Pow(p.factor, float64(r.at.Falls))
}

// fall lets the learning rate of a phase with the schedule plateau fall, when the loss on
// the validation records has not improved for long enough. It waits anew after each fall.
func (r *run) fall(val score) {
	p := r.phase()
	if p.wait == 0 {
		return
	}
	if !r.at.Falling || val.loss < r.at.FallBest {
		r.at.FallBest, r.at.Falling, r.at.FallWaited = val.loss, true, 0
		return
	}
	if r.at.FallWaited++; r.at.FallWaited >= p.wait {
		r.at.Falls++
		r.at.FallWaited = 0
	}
}

// choose lets the model use the step function of the current position.
func (r *run) choose() {
	parted, ok := r.inner.(Parted)
	if !ok {
		return
	}
	p := r.phase()
	part := p.first
	epoch, step := r.at.Epoch-r.at.PhaseEpoch, r.at.Step-r.at.PhaseStep
	for i, x := range p.Parts {
		if epoch >= x.Epoch && step >= x.Step {
			part = p.first + i
		}
	}
	if part != r.at.Part {
		r.at.Part = part
		parted.Begin(part)
	}
}

// resumePart lets the model use the step function that a checkpoint was made with.
func (r *run) resumePart() {
	if parted, ok := r.inner.(Parted); ok {
		parted.Begin(r.at.Part)
	}
}

// advance ends the phase after its last epoch, or when the number that it watches has
// not improved for long enough.
func (r *run) advance(val score) {
	if len(r.p.Phases) == 0 {
		return // as long as the run, which may be resumed to go on for longer
	}
	p := r.phase()
	stop := false
	if p.Patience > 0 {
		v := -val.loss
		if p.watch >= 0 {
			v = r.p.Metrics[p.watch].better(val.metrics[p.watch])
		}
		if !r.at.Watching || v > r.at.Watched {
			r.at.Watched, r.at.Watching, r.at.Waited = v, true, 0
		} else {
			r.at.Waited++
		}
		stop = r.at.Waited >= p.Patience
	}
	if !stop && r.at.Epoch-r.at.PhaseEpoch < p.Epochs {
		return
	}
	r.at.Phase++
	r.at.PhaseEpoch, r.at.PhaseStep = r.at.Epoch, r.at.Step
	r.at.Watched, r.at.Watching, r.at.Waited = 0, false, 0
	r.at.Falls, r.at.FallBest, r.at.Falling, r.at.FallWaited = 0, 0, false, 0
}
