package data

import (
	"fmt"
	"io"
	"math/rand/v2"
	"sync"

	"github.com/netc-lang/netc/runtime/data/augment"
)

// LoaderOptions say how a Loader forms batches.
type LoaderOptions struct {
	Batch   int   // records of a batch; the last one of an epoch may have fewer
	Workers int   // goroutines that prepare records; less than 1 means 1
	Ahead   int   // batches prepared ahead; less than 1 means 4
	Seed    int64 // of order and augmentation
	Train   bool  // shuffle each epoch, and augment instead of eval
	Pick    Pick  // how batches of training are drawn; the zero value is at random
	Varied  bool  // batches may differ in size; those that do not train then hold one record
}

// Pick draws batches by class: Classes classes of Each records, so that every record of
// a batch has others of its class beside it.
type Pick struct{ Classes, Each int }

// Classed is a Dataset that knows the class of each record.
type Classed interface {
	Dataset
	// Classes returns the label of each record, nil where there is not one label.
	Classes() []int32
}

// Loader prepares the batches of a split ahead of their use. Its batches are the
// same for any number of workers. One goroutine at a time may use it.
type Loader struct {
	set    Dataset
	pipe   *Pipeline
	o      LoaderOptions
	shapes []shape // of the first record, after preparation

	free  chan *slot // batches nobody uses
	ready chan *slot // batches being filled or filled, in order
	work  chan *slot
	order []int // record of each place of the epoch
	drawn *picker
	used  *slot // what Next returned last
	group sync.WaitGroup
	stop  chan struct{} // ends the epoch that runs
	epoch int
}

// slot is a batch on its way through the workers.
type slot struct {
	batch *Batch
	first int // place of its first record in the epoch
	err   error
	done  chan struct{}
}

// NewLoader returns a loader of set. It prepares the first record once to learn
// the sizes that the steps lead to.
//
// Errors: what is wrong with the steps of spec, or with that record.
func NewLoader(spec *Spec, set Dataset, o LoaderOptions) (*Loader, error) {
	if o.Batch < 1 {
		return nil, fmt.Errorf("a batch of %d records; it should have at least one", o.Batch)
	}
	if set.Len() == 0 {
		return nil, fmt.Errorf("%w: data %s has no records", ErrData, spec.Name)
	}
	o.Workers = max(o.Workers, 1)
	if o.Ahead < 1 {
		o.Ahead = 4
	}
	if o.Varied && !o.Train {
		o.Batch = 1
	}
	pipe, err := NewPipeline(spec, o.Train)
	if err != nil {
		return nil, err
	}
	l := &Loader{set: set, pipe: pipe, o: o, order: make([]int, set.Len())}
	if o.Train && o.Pick != (Pick{}) {
		if l.drawn, err = newPicker(spec, set, o.Pick); err != nil {
			return nil, err
		}
		n := o.Pick.Classes * o.Pick.Each
		l.o.Batch, l.order = n, make([]int, max(set.Len()/n, 1)*n)
	}
	s := augment.NewSample(len(spec.Fields))
	if err := set.Read(0, s); err != nil {
		return nil, err
	}
	pipe.Run(augment.NewRunner(), s, o.Seed, 0, 0)
	l.shapes = make([]shape, len(spec.Fields))
	for i, p := range s.Pictures {
		l.shapes[i] = shape{p.C, p.H, p.W}
	}
	l.allocate()
	return l, nil
}

// allocate makes the batches that go around.
func (l *Loader) allocate() {
	slots := l.o.Ahead + 1 // one is with the user
	l.free, l.ready = make(chan *slot, slots), make(chan *slot, slots)
	for range slots {
		l.free <- &slot{batch: newBatch(l.pipe.spec, l.shapes, min(l.o.Batch, len(l.order))), done: make(chan struct{}, 1)}
	}
}

// Resize makes batches of n records from the next Start on. What was left of an epoch is
// dropped, and no batch that Next returned is valid any more.
func (l *Loader) Resize(n int) {
	if n == l.o.Batch || l.drawn != nil || l.o.Varied && !l.o.Train {
		return
	}
	l.Stop()
	l.o.Batch = n
	l.allocate()
}

// Batches returns the number of batches of an epoch.
func (l *Loader) Batches() int { return (len(l.order) + l.o.Batch - 1) / l.o.Batch }

// Len returns the number of records of an epoch.
func (l *Loader) Len() int { return len(l.order) }

// Start begins an epoch at batch first, counted from 0; what was left of the one
// before is dropped. Epoch and seed fix the order of the records and all draws.
func (l *Loader) Start(epoch, first int) {
	l.Stop()
	l.epoch = epoch
	// The upper half of the stream numbers belongs to orders, the lower one to the
	// draws of records.
	r := rand.New(rand.NewPCG(uint64(l.o.Seed), 1<<63|uint64(epoch)))
	if l.drawn != nil {
		l.drawn.draw(l.order, r)
	} else {
		for i := range l.order {
			l.order[i] = i
		}
		if l.o.Train {
			r.Shuffle(len(l.order), func(i, j int) { l.order[i], l.order[j] = l.order[j], l.order[i] })
		}
	}
	l.stop, l.work = make(chan struct{}), make(chan *slot)
	l.group.Add(1 + l.o.Workers)
	go l.feed(first, l.stop, l.work)
	for range l.o.Workers {
		go l.prepare(l.work)
	}
}

// feed hands out batches in order. A batch enters ready before a worker fills it,
// so order never depends on who is done first.
func (l *Loader) feed(first int, stop chan struct{}, work chan *slot) {
	defer l.group.Done()
	defer close(work)
	for b := first; b < l.Batches(); b++ {
		var s *slot
		select {
		case s = <-l.free:
		case <-stop:
			return
		}
		s.first = b * l.o.Batch
		s.batch.N = min(l.o.Batch, len(l.order)-s.first)
		s.err = nil
		l.ready <- s // has room for every slot
		work <- s    // workers end only after this channel is closed
	}
	select {
	case s := <-l.free:
		s.err = io.EOF
		s.done <- struct{}{}
		l.ready <- s
	case <-stop:
	}
}

func (l *Loader) prepare(work chan *slot) {
	defer l.group.Done()
	runner, sample := augment.NewRunner(), augment.NewSample(len(l.pipe.spec.Fields))
	for s := range work {
		for i := range s.batch.N {
			if s.err = l.record(runner, sample, s, i); s.err != nil {
				break
			}
		}
		if s.err == nil && l.o.Train && l.pipe.spec.mixes() {
			// The draws of a batch are those of its first place, counted from the end of the
			// stream numbers of orders.
			s.batch.mix(l.pipe.spec, rand.New(rand.NewPCG(uint64(l.o.Seed), ^(uint64(l.epoch)<<32|uint64(uint32(s.first))))))
		}
		s.done <- struct{}{}
	}
}

func (l *Loader) record(runner *augment.Runner, sample *Sample, s *slot, i int) error {
	index := l.order[s.first+i]
	if err := l.set.Read(index, sample); err != nil {
		return err
	}
	if err := l.join(runner, sample, index); err != nil {
		return err
	}
	l.pipe.Run(runner, sample, l.o.Seed, l.epoch, index)
	if l.o.Varied && i == 0 {
		s.batch.fit(l.pipe.spec, sample)
	}
	if err := s.batch.set(l.pipe.spec, i, sample); err != nil {
		also := ""
		if l.o.Varied {
			also = ", or set batch = 1"
		}
		return fmt.Errorf("%s: %w%s", l.set.Name(index), err, also)
	}
	return nil
}

// join puts other records beside the one that was read, where the data ask for a
// mosaic. Its draws are those of epochs counted from the end, which no record has.
func (l *Loader) join(runner *augment.Runner, sample *Sample, index int) error {
	m := l.pipe.mosaic
	if m == nil {
		return nil
	}
	runner.Source.Seed(l.o.Seed, ^l.epoch, index)
	with, joined := m.Draw(runner.Source, l.set.Len())
	if !joined {
		return nil
	}
	var others [3]*Sample
	for i, k := range with {
		others[i] = augment.NewSample(len(l.pipe.spec.Fields))
		if err := l.set.Read(k, others[i]); err != nil {
			return err
		}
	}
	m.Join(runner, sample, &others)
	return nil
}

// Next returns the next batch, valid until Next, Start or Stop is called again,
// or io.EOF after the last one.
func (l *Loader) Next() (*Batch, error) {
	if l.used != nil {
		l.free <- l.used
		l.used = nil
	}
	if l.stop == nil {
		return nil, io.EOF
	}
	s := <-l.ready
	<-s.done
	l.used = s
	if err := s.err; err != nil {
		l.Stop() // which gives the slot away
		return nil, err
	}
	return s.batch, nil
}

// Name says which records the batch that Next returned last begins with, for messages.
func (l *Loader) Name() string {
	if l.used == nil {
		return "no record"
	}
	return l.set.Name(l.order[l.used.first])
}

// Stop ends the epoch and its goroutines.
func (l *Loader) Stop() {
	if l.used != nil {
		l.free <- l.used
		l.used = nil
	}
	if l.stop == nil {
		return
	}
	close(l.stop)
	l.stop = nil
	l.group.Wait()
	for len(l.ready) > 0 {
		s := <-l.ready
		<-s.done
		l.free <- s
	}
}
