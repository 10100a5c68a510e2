package train

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math"
	"time"

	nrt "github.com/netc-lang/netc/runtime"
	"github.com/netc-lang/netc/runtime/data"
	"github.com/netc-lang/netc/runtime/tensor"
	"github.com/netc-lang/netc/runtime/weights"
)

// Options are what a user may change about a run. Zero values leave a choice to
// the program.
type Options struct {
	Data    string // where relative paths of the source start
	Out     string // run folder, made when absent; "" writes no checkpoints
	Weights string // file that the final weights go to; "" writes none
	Resume  string // run folder or checkpoint to go on from; "" starts anew
	Start   string // file with weights to begin with; those that it lacks begin as the program says
	Epochs  int    // at most so many where the program has phases
	Batch   int
	Seed    *int64
	Threads int // of the model; less than 1: one per processor
	Workers int // goroutines that prepare records; less than 1: one for two processors
	Report  Reporter
}

// Result is what a run ends with.
type Result struct {
	Loss    float64 // mean over the validation records
	Metrics []Value
	Records int // validation records
	Steps   int // of the whole run, also those before a resume
	Seconds float64
	Weights string // the file that was written
	SHA256  string // of that file, in hexadecimal
}

// Value is a metric with its name.
type Value struct {
	Name  string
	Value float64
}

// Interrupted says that a run was told to stop and can be resumed.
type Interrupted struct {
	Epoch, Step int
	Out         string // run folder with the checkpoint
}

func (e *Interrupted) Error() string {
	if e.Out == "" {
		return fmt.Sprintf("interrupted in epoch %d after step %d", e.Epoch, e.Step)
	}
	return fmt.Sprintf("interrupted in epoch %d after step %d; the checkpoint is written: go on with --resume %s", e.Epoch, e.Step, e.Out)
}

// ErrDiverged is wrapped by the error of a run whose numbers stopped being
// finite.
var ErrDiverged = errors.New("training diverged")

// run is the state of one call of Run.
type run struct {
	p      *Program
	o      Options
	model  Model
	inner  Model // without the mean of the weights
	phases []stretch
	train  *data.Loader
	val    *data.Loader
	store  *store // nil when there is no run folder
	report Reporter
	seed   int64
	fixed  bool // the caller says how many records a batch has, in all phases
	epochs int
	at     position
	start  time.Time
	began  time.Time // of the first step
	first  int       // steps done before this call
}

// Run trains p. When ctx is done, it finishes the step, writes a checkpoint and
// returns *Interrupted.
//
// Errors: what is wrong with data, folders or checkpoint, before any work is
// done; ErrDiverged; *Interrupted. The weights file and the checkpoints are
// replaced only by complete ones.
func Run(ctx context.Context, p *Program, o Options) (*Result, error) {
	r := &run{p: p, o: o, report: o.Report, seed: p.Seed, epochs: p.Epochs, start: time.Now()}
	if r.report == nil {
		r.report = silent{}
	}
	if o.Seed != nil {
		r.seed = *o.Seed
	}
	if len(p.Phases) > 0 {
		r.epochs = total(p.Phases)
	}
	if o.Epochs > 0 {
		r.epochs = o.Epochs
	}
	if r.fixed = o.Batch != 0; !r.fixed {
		r.o.Batch = p.Batch
	}
	r.o.Workers = workers(o.Workers)
	if err := r.prepare(); err != nil {
		return nil, err
	}
	defer r.close()
	var last score
	done := false // last is the score of the final weights
	for !r.over() {
		var err error
		if last, err = r.epoch(ctx); err != nil {
			return nil, err
		}
		done = true
	}
	if !done { // resumed a run that was complete
		var err error
		if last, err = r.validate(ctx); err != nil {
			return nil, err
		}
	}
	res := &Result{Loss: last.loss, Metrics: r.values(last), Records: r.val.Len(), Steps: r.at.Step}
	if err := r.writeWeights(res); err != nil {
		return nil, err
	}
	res.Seconds = time.Since(r.start).Seconds()
	r.report.Done(*res)
	return res, nil
}

// epoch trains from the current position to the end of the epoch, validates and
// writes a checkpoint.
func (r *run) epoch(ctx context.Context) (score, error) {
	began, before := time.Now(), r.at.Step
	r.train.Resize(r.phase().batch)
	r.train.Start(r.at.Epoch, r.at.Batch)
	for r.at.Batch < r.train.Batches() {
		if ctx.Err() != nil {
			return score{}, r.interrupt()
		}
		b, err := r.train.Next()
		if err != nil {
			return score{}, err
		}
		if err := r.step(b); err != nil {
			return score{}, err
		}
		if n := r.p.Checkpoint.Steps; n > 0 && r.at.Step%n == 0 && r.store != nil {
			if err := r.save(); err != nil {
				return score{}, err
			}
		}
	}
	trained, speed := r.at.score(r.p.Metrics), float64(r.records(before))/max(time.Since(began).Seconds(), 1e-9)
	val, err := r.validate(ctx)
	if err != nil {
		return score{}, err
	}
	phase := r.phase().Name
	r.at.next()
	better := r.at.improve(val, r.p.Metrics)
	r.fall(val)
	r.advance(val)
	if r.store != nil {
		if r.p.Checkpoint.afterEpoch(r.at.Epoch) || r.over() {
			if err := r.save(); err != nil {
				return score{}, err
			}
		}
		if better {
			if err := r.saveBest(); err != nil {
				return score{}, err
			}
		}
	}
	r.report.Epoch(EpochEvent{
		Epoch: r.at.Epoch, Epochs: r.epochs, Step: r.at.Step, Phase: phase,
		Loss: trained.loss, Metrics: r.values(trained), ValLoss: val.loss, ValMetrics: r.values(val),
		Seconds: time.Since(began).Seconds(), ImagesPerSecond: speed,
	})
	return val, nil
}

// records counts the training records of the steps since step from.
func (r *run) records(from int) int {
	p := r.phase()
	n := 0
	for s := from; s < r.at.Step; s++ {
		if (s-r.at.PhaseStep)%p.per == p.per-1 {
			n += r.train.Len() - (p.per-1)*p.batch
		} else {
			n += p.batch
		}
	}
	return n
}

func (r *run) step(b *data.Batch) (err error) {
	defer nrt.Refused(r.train.Name(), &err)
	r.choose()
	lr := float32(r.lr(r.at.Step))
	// One stream of the run's random numbers is that of the steps' own seeds.
	seed := int64(tensor.RandomWord(tensor.RandomKey(uint64(r.seed), StreamOf("step")), uint64(r.at.Step)))
	if err := fit(r.model, r.train, b, true); err != nil {
		return err
	}
	loss, sums := r.model.Step(b, lr, seed)
	if !finite(float64(loss)) {
		return r.diverged(fmt.Sprintf("the loss became %v", loss), float64(lr))
	}
	r.at.add(b.N, float64(loss), sums)
	r.at.Batch++
	r.at.Step++
	s := r.at.score(r.p.Metrics)
	per := r.train.Batches()
	r.report.Step(StepEvent{
		Epoch: r.at.Epoch + 1, Epochs: r.epochs, Step: r.at.Step, Steps: r.steps(), Phase: r.phase().Name,
		Batch: r.at.Batch, Batches: per, Loss: s.loss, Metrics: s.metrics, Names: r.p.Metrics, LR: float64(lr),
		Elapsed: time.Since(r.began), Done: r.at.Step - r.first, Records: r.phase().batch,
	})
	return nil
}

// diverged is the error for numbers that are not finite any more.
func (r *run) diverged(what string, lr float64) error {
	kept := "no checkpoint was written"
	if r.store != nil && r.store.latest != "" {
		kept = "the last good checkpoint is " + r.store.latest
	}
	return fmt.Errorf("%w: %s in epoch %d after step %d, at the learning rate %.4g; lower lr in the optimizer, or begin with schedule = cosine(warmup=1); %s",
		ErrDiverged, what, r.at.Epoch+1, r.at.Step, lr, kept)
}

// validate measures the current weights on the validation split.
func (r *run) validate(ctx context.Context) (score, error) {
	s, err := measure(ctx, r.model, r.val, r.p.Metrics)
	if err != nil {
		if ctx.Err() != nil {
			return score{}, r.interrupt()
		}
		return score{}, err
	}
	if !finite(s.loss) {
		return score{}, r.diverged(fmt.Sprintf("the validation loss is %v", s.loss), r.lr(max(r.at.Step-1, 0)))
	}
	return s, nil
}

// fit makes m ready for b, which l gave last.
func fit(m Model, l *data.Loader, b *data.Batch, training bool) error {
	if err := Fit(m, b, training); err != nil {
		flow := "eval"
		if training {
			flow = "augment"
		}
		return fmt.Errorf("%s: %w; give the pictures such a size in `%s`, with resize, pad or a crop", l.Name(), err, flow)
	}
	return nil
}

// measure runs Eval over all records of l.
func measure(ctx context.Context, m Model, l *data.Loader, metrics []Metric) (score, error) {
	sum, gathered := position{Metrics: make([]float64, sums(metrics))}, collectors(metrics)
	l.Start(0, 0)
	defer l.Stop()
	for {
		if err := ctx.Err(); err != nil {
			return score{}, err
		}
		b, err := l.Next()
		if err == io.EOF {
			s := sum.score(metrics)
			fill(gathered, s)
			return s, nil
		}
		if err != nil {
			return score{}, err
		}
		if err := fit(m, l, b, false); err != nil {
			return score{}, err
		}
		loss, sums, err := evaluated(m, l, b)
		if err != nil {
			return score{}, err
		}
		sum.add(b.N, float64(loss), sums)
		gather(gathered, m, b)
	}
}

// evaluated is Eval of the batch that l gave last.
//
// Errors: an index outside its axis.
func evaluated(m Model, l *data.Loader, b *data.Batch) (loss float32, sums []float32, err error) {
	defer nrt.Refused(l.Name(), &err)
	loss, sums = m.Eval(b)
	return loss, sums, nil
}

func (r *run) interrupt() error {
	e := &Interrupted{Epoch: r.at.Epoch + 1, Step: r.at.Step}
	if r.store == nil {
		return e
	}
	if err := r.save(); err != nil {
		return err
	}
	e.Out = r.o.Out
	return e
}

func (r *run) values(s score) []Value {
	var out []Value
	for i, m := range r.p.Metrics {
		if finite(s.metrics[i]) {
			out = append(out, Value{m.Name, s.metrics[i]})
		}
	}
	return out
}

// writeWeights writes the final weights under their logical names.
func (r *run) writeWeights(res *Result) error {
	if r.o.Weights == "" {
		return nil
	}
	file, err := r.encodeWeights()
	if err != nil {
		return err
	}
	if err := weights.WriteFileAtomic(r.o.Weights, file); err != nil {
		if r.store != nil {
			return fmt.Errorf("%w; the trained weights are safe in %s: run again with --resume %s to write them", err, r.store.latest, r.o.Out)
		}
		return err
	}
	sum := sha256.Sum256(file)
	res.Weights, res.SHA256 = r.o.Weights, hex.EncodeToString(sum[:])
	return nil
}

func (r *run) encodeWeights() ([]byte, error) {
	return weights.Encode(arrays("", r.model.States()), map[string]string{"netc.net": r.p.Net, "netc.source": r.p.Source})
}

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }
