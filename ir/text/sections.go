package text

import (
	"strings"

	"github.com/netc-lang/netc/ir"
	"github.com/netc-lang/netc/ir/op"
)

// counted reads `name : type counts SET`; the set is "" without the last part.
func (s *scanner) counted() (name string, t op.Type, set string, err error) {
	if name, err = s.word(); err != nil {
		return name, t, "", err
	}
	if err = s.want(":"); err != nil {
		return name, t, "", err
	}
	if t, err = s.typ(); err != nil || !s.keyword("counts") {
		return name, t, "", err
	}
	set, err = s.word()
	return name, t, set, err
}

func (p *parser) set() (err error) {
	s := &ir.IndexSet{Doc: p.takeDoc()}
	if s.Name, err = p.s.word(); err != nil {
		return err
	}
	s.BuiltIn = p.s.keyword("builtin")
	if s.Labels, err = items(p.s, (*scanner).quoted); err != nil {
		return err
	}
	p.m.Sets = append(p.m.Sets, s)
	return nil
}

func (p *parser) state() (err error) {
	s := &ir.State{}
	if s.Net, err = p.s.word(); err != nil {
		return err
	}
	if s.Name, err = p.s.quoted(); err != nil {
		return err
	}
	s.Buffer, s.Frozen, s.NoDecay = p.s.keyword("buffer"), p.s.keyword("frozen"), p.s.keyword("nodecay")
	s.Training = p.s.keyword("training")
	if err := p.s.want(":"); err != nil {
		return err
	}
	if s.Type, err = p.s.typ(); err != nil {
		return err
	}
	if err := p.s.want("="); err != nil {
		return err
	}
	if s.Init.Kind, err = p.s.word(); err != nil {
		return err
	}
	if err := p.s.want("("); err != nil {
		return err
	}
	for !p.s.take(")") {
		if len(s.Init.Args) > 0 {
			if err := p.s.want(","); err != nil {
				return err
			}
		}
		x, err := p.s.float()
		if err != nil {
			return err
		}
		s.Init.Args = append(s.Init.Args, x)
	}
	if s.Pos, _, err = p.s.place(); err != nil {
		return err
	}
	p.m.States = append(p.m.States, s)
	return nil
}

// call reads name(key=value, ...).
func (s *scanner) call() (c ir.Call, err error) {
	if c.Name, err = s.word(); err != nil {
		return c, err
	}
	if err := s.want("("); err != nil {
		return c, err
	}
	c.Args = map[string]any{}
	for !s.take(")") {
		if len(c.Args) > 0 {
			if err := s.want(","); err != nil {
				return c, err
			}
		}
		key, err := s.word()
		if err != nil {
			return c, err
		}
		if err := s.want("="); err != nil {
			return c, err
		}
		if c.Args[key], err = s.free(); err != nil {
			return c, err
		}
	}
	return c, nil
}

// block reads the lines up to the closing brace.
func (p *parser) block(line func(s *scanner) error) error {
	if err := p.s.want("{"); err != nil {
		return err
	}
	for p.next() {
		if p.s.take("}") {
			return nil
		}
		if err := line(p.s); err != nil {
			return err
		}
	}
	return p.s.errorf("no closing brace")
}

func (p *parser) data() (err error) {
	d := &ir.Data{Doc: p.takeDoc()}
	if d.Name, err = p.s.word(); err != nil {
		return err
	}
	p.m.Data = append(p.m.Data, d)
	return p.block(func(s *scanner) (err error) {
		switch {
		case s.keyword("source"):
			d.Source, err = s.call()
			return err
		case s.keyword("field"):
			var f ir.Field
			f.Name, f.Type, f.LabelSet, err = s.counted()
			for k := ir.LabelField; err == nil && k <= ir.ArrayField; k++ {
				if s.keyword(k.String()) {
					f.Kind = k
				}
			}
			d.Fields = append(d.Fields, f)
			return err
		case s.keyword("augment"):
			return s.step(&d.Augment)
		case s.keyword("eval"):
			return s.step(&d.Eval)
		case s.keyword("prep"):
			return s.step(&d.Prep)
		}
		return s.errorf("expected source, field, augment, eval or prep")
	})
}

func (s *scanner) step(into *[]ir.Step) error {
	var st ir.Step
	for {
		f, err := s.word()
		if err != nil {
			return err
		}
		st.Fields = append(st.Fields, f)
		if !s.take(",") {
			break
		}
	}
	if err := s.want("="); err != nil {
		return err
	}
	var err error
	st.Call, err = s.call()
	*into = append(*into, st)
	return err
}

func (p *parser) train() (err error) {
	t := &ir.Train{}
	if t.Net, err = p.s.word(); err != nil {
		return err
	}
	if !p.s.keyword("on") {
		return p.s.errorf("expected on")
	}
	if t.Data, err = p.s.word(); err != nil {
		return err
	}
	p.m.Trains = append(p.m.Trains, t)
	return p.block(func(s *scanner) (err error) {
		var n int64
		switch {
		case s.keyword("loss"):
			s.take("@")
			t.Loss, err = s.word()
		case s.keyword("eval"):
			s.take("@")
			t.Eval, err = s.word()
		case s.keyword("optimizer"):
			t.Optimizer, err = s.call()
		case s.keyword("schedule"):
			t.Schedule, err = s.call()
		case s.keyword("epochs"):
			n, err = s.integer()
			t.Epochs = int(n)
		case s.keyword("batch"):
			n, err = s.integer()
			t.Batch = int(n)
		case s.keyword("seed"):
			t.Seed, err = s.integer()
		case s.keyword("clip"):
			t.Clip, err = s.float()
		case s.keyword("ema"):
			t.EMA, err = s.float()
		case s.keyword("phase"):
			t.Phase, err = s.quoted()
		case s.keyword("from_epoch"):
			n, err = s.integer()
			t.Epoch = int(n)
		case s.keyword("from_step"):
			n, err = s.integer()
			t.Step = int(n)
		case s.keyword("patience"):
			if n, err = s.integer(); err == nil {
				t.Patience = int(n)
				t.StopOn, err = s.quoted()
			}
		case s.keyword("pick"):
			t.Pick, err = s.twoIntegers()
		case s.keyword("mix"):
			t.Mix, err = s.call()
		case s.keyword("accumulate"):
			n, err = s.integer()
			t.Accumulate = int(n)
		case s.keyword("memory"):
			t.Memory, err = s.integer()
		case s.keyword("save"):
			t.Save, err = s.twoIntegers()
		case s.keyword("frozen"):
			var name string
			name, err = s.quoted()
			t.Frozen = append(t.Frozen, name)
		case s.keyword("metric"):
			err = s.metric(t)
		case s.keyword("target"):
			err = s.target(t)
		case s.keyword("ignored"):
			var x ir.Ignored
			if x.Field, err = s.word(); err == nil {
				n, err = s.integer()
				x.Label = int(n)
			}
			t.Ignored = append(t.Ignored, x)
		default:
			err = s.errorf("expected a setting of a train section")
		}
		return err
	})
}

func (s *scanner) twoIntegers() (out [2]int, err error) {
	for i := range out {
		var n int64
		if n, err = s.integer(); err != nil {
			return out, err
		}
		out[i] = int(n)
	}
	return out, nil
}

// metric reads NAME REDUCE [SIZE] [parts N] [less] [of(ARGUMENTS)].
func (s *scanner) metric(t *ir.Train) (err error) {
	var m ir.Metric
	if m.Name, err = s.word(); err == nil {
		m.Reduce, err = s.word()
	}
	for err == nil && !s.done() {
		var n int64
		switch {
		case s.keyword("parts"):
			n, err = s.integer()
			m.Parts = int(n)
		case s.keyword("less"):
			m.Less = true
		case strings.HasPrefix(s.line[s.at:], "of("):
			var c ir.Call
			c, err = s.call()
			m.Args = c.Args
		default:
			n, err = s.integer()
			m.Size = int(n)
		}
	}
	t.Metrics = append(t.Metrics, m)
	return err
}

// target reads NAME FIELD IOU CLASSES [PRIORS].
func (s *scanner) target(t *ir.Train) (err error) {
	var x ir.Target
	if x.Name, err = s.word(); err != nil {
		return err
	}
	if x.Field, err = s.word(); err != nil {
		return err
	}
	if x.IoU, err = s.float(); err != nil {
		return err
	}
	n, err := s.integer()
	if err != nil {
		return err
	}
	x.Classes = int(n)
	v, err := s.attr(op.KindFloats)
	if err != nil {
		return err
	}
	x.Priors, _ = v.([]float64)
	t.Targets = append(t.Targets, x)
	return nil
}

func (p *parser) predict() (err error) {
	d := &ir.Predict{}
	if d.Net, err = p.s.word(); err != nil {
		return err
	}
	if p.s.keyword("on") {
		if d.Data, err = p.s.word(); err != nil {
			return err
		}
	}
	p.m.Predicts = append(p.m.Predicts, d)
	return p.block(func(s *scanner) (err error) {
		switch {
		case s.keyword("func"):
			s.take("@")
			d.Func, err = s.word()
		case s.keyword("line"):
			var n int64
			n, err = s.integer()
			d.Line = int(n)
		case s.keyword("output"):
			var o ir.PredictOutput
			o.Name, o.Type, o.Set, err = s.counted()
			o.Mask = err == nil && s.keyword("mask")
			d.Outputs = append(d.Outputs, o)
		case s.keyword("detections"):
			err = s.detections(d)
		default:
			err = s.errorf("expected func, line, output or detections")
		}
		return err
	})
}

// detections reads NAME : TYPE counts SET nms SCORE IOU MAX background.
func (s *scanner) detections(d *ir.Predict) (err error) {
	o := ir.PredictOutput{NMS: &ir.NMS{}}
	if o.Name, o.Type, o.Set, err = s.counted(); err != nil {
		return err
	}
	if !s.keyword("nms") {
		return s.errorf("expected nms")
	}
	if o.NMS.Score, err = s.float(); err != nil {
		return err
	}
	if o.NMS.IoU, err = s.float(); err != nil {
		return err
	}
	n, err := s.integer()
	o.NMS.Max, o.NMS.Background = int(n), s.keyword("background")
	d.Outputs = append(d.Outputs, o)
	return err
}
