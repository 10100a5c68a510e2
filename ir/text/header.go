package text

import (
	"fmt"
	"strings"

	"github.com/netc-lang/netc/ir"
)

// header prints everything of a module but its functions.
func (p *printer) header(m *ir.Module) {
	if m.Doc != "" {
		p.linef("doc %q", m.Doc)
	}
	p.linef("module %s %q %s", m.Name, m.Source, stageNames[m.Stage])
	for _, s := range m.Sets {
		if s.Doc != "" {
			p.linef("doc %q", s.Doc)
		}
		p.linef("set %s%s %s", s.Name, flag(s.BuiltIn, " builtin"), attr(s.Labels))
	}
	for _, s := range m.States {
		p.linef("state %s %q%s%s%s%s : %s = %s%s", s.Net, s.Name, flag(s.Buffer, " buffer"), flag(s.Frozen, " frozen"),
			flag(s.NoDecay, " nodecay"), flag(s.Training, " training"), s.Type, initial(s.Init), place(s.Pos, ""))
	}
	for _, d := range m.Data {
		p.data(d)
	}
	for _, t := range m.Trains {
		p.train(t)
	}
	for _, d := range m.Predicts {
		p.predict(d)
	}
}

func (p *printer) data(d *ir.Data) {
	if d.Doc != "" {
		p.linef("doc %q", d.Doc)
	}
	p.linef("data %s {", d.Name)
	p.unless(d.Source.Name == "", "source %s", call(d.Source))
	for _, f := range d.Fields {
		set := ""
		if f.LabelSet != "" {
			set = " counts " + f.LabelSet
		}
		kind := ""
		if f.Kind != ir.PictureField {
			kind = " " + f.Kind.String()
		}
		p.linef("  field %s : %s%s%s", f.Name, f.Type, set, kind)
	}
	for _, part := range []struct {
		name  string
		steps []ir.Step
	}{{"augment", d.Augment}, {"eval", d.Eval}, {"prep", d.Prep}} {
		for _, s := range part.steps {
			p.linef("  %s %s = %s", part.name, strings.Join(s.Fields, ", "), call(s.Call))
		}
	}
	p.linef("}")
}

func (p *printer) train(t *ir.Train) {
	p.linef("train %s on %s {", t.Net, t.Data)
	p.unless(t.Phase == "", "phase %q", t.Phase)
	p.unless(t.Epoch == 0, "from_epoch %d", t.Epoch)
	p.unless(t.Step == 0, "from_step %d", t.Step)
	p.unless(t.Loss == "", "loss @%s", t.Loss)
	p.unless(t.Eval == "", "eval @%s", t.Eval)
	p.unless(t.Optimizer.Name == "", "optimizer %s", call(t.Optimizer))
	p.unless(t.Schedule.Name == "", "schedule %s", call(t.Schedule))
	p.linef("  epochs %d", t.Epochs)
	p.linef("  batch %d", t.Batch)
	p.linef("  seed %d", t.Seed)
	p.unless(t.Clip == 0, "clip %s", number(t.Clip))
	p.unless(t.EMA == 0, "ema %s", number(t.EMA))
	p.unless(t.Pick == [2]int{}, "pick %d %d", t.Pick[0], t.Pick[1])
	p.unless(t.Mix.Name == "", "mix %s", call(t.Mix))
	p.unless(t.Accumulate == 0, "accumulate %d", t.Accumulate)
	p.unless(t.Memory == 0, "memory %d", t.Memory)
	p.unless(t.Save == [2]int{}, "save %d %d", t.Save[0], t.Save[1])
	p.unless(t.Patience == 0, "patience %d %q", t.Patience, t.StopOn)
	for _, name := range t.Frozen {
		p.linef("  frozen %q", name)
	}
	for _, x := range t.Metrics {
		size := ""
		if x.Size > 0 {
			size = fmt.Sprintf(" %d", x.Size)
		}
		if x.Parts > 0 {
			size += fmt.Sprintf(" parts %d", x.Parts)
		}
		size += flag(x.Less, " less")
		if len(x.Args) > 0 {
			size += " " + call(ir.Call{Name: "of", Args: x.Args})
		}
		p.linef("  metric %s %s%s", x.Name, x.Reduce, size)
	}
	for _, x := range t.Targets {
		p.linef("  target %s %s %s %d %s", x.Name, x.Field, number(x.IoU), x.Classes, attr(x.Priors))
	}
	for _, x := range t.Ignored {
		p.linef("  ignored %s %d", x.Field, x.Label)
	}
	p.linef("}")
}

func (p *printer) predict(d *ir.Predict) {
	on := ""
	if d.Data != "" {
		on = " on " + d.Data
	}
	p.linef("predict %s%s {", d.Net, on)
	p.unless(d.Func == "", "func @%s", d.Func)
	p.linef("  line %d", d.Line)
	for _, o := range d.Outputs {
		set := ""
		if o.Set != "" {
			set = " counts " + o.Set
		}
		if n := o.NMS; n != nil {
			p.linef("  detections %s : %s%s nms %s %s %d%s", o.Name, o.Type, set, number(n.Score), number(n.IoU), n.Max, flag(n.Background, " background"))
			continue
		}
		p.linef("  output %s : %s%s%s", o.Name, o.Type, set, flag(o.Mask, " mask"))
	}
	p.linef("}")
}

// unless prints a line of a section that may be absent.
func (p *printer) unless(absent bool, format string, args ...any) {
	if !absent {
		p.linef("  "+format, args...)
	}
}

func flag(set bool, word string) string {
	if set {
		return word
	}
	return ""
}

func initial(i ir.Init) string {
	return i.Kind + "(" + strings.Trim(attr(i.Args), "[]") + ")"
}

func call(c ir.Call) string {
	parts := make([]string, 0, len(c.Args))
	for _, k := range sortedKeys(c.Args) {
		parts = append(parts, fmt.Sprintf("%s=%s", k, attr(c.Args[k])))
	}
	return c.Name + "(" + strings.Join(parts, ", ") + ")"
}
