package check

import (
	"fmt"
	"slices"

	"github.com/netc-lang/netc/internal/diag"
	"github.com/netc-lang/netc/lang/check/vocab"
	"github.com/netc-lang/netc/lang/syntax"
)

// train checks a train section and elaborates its two graphs.
func (s *section) train(d *syntax.Train) *Train {
	f := s.frame(d, nil)
	before := s.c.problems()
	okNet := s.resolveNet(f, &d.Net)
	okData := s.resolveData(f, &d.Data)
	t := &Train{Net: d.Net.Name.Name, Data: d.Data.Name.Name, Span: d.Where}
	f.lacking = s.note("the net compiles; `train " + t.Net + "` does not")
	body := s.settings(f, d, t)
	if !okNet || !okData {
		return nil
	}
	loss := s.statistics(d, body, t, true)
	if loss == nil || s.c.problems() > before {
		s.c.taint(d)
		return nil
	}
	eval := s.statistics(d, body, t, false)
	if eval == nil || s.c.problems() > before {
		s.c.taint(d)
		return nil
	}
	t.Loss, t.Eval = loss.graph, eval.graph
	t.Targets = loss.targets
	s.openSizes(f, t)
	if t.Lacks == nil {
		t.Lacks = s.lack
	}
	if t.Lacks == nil {
		t.Lacks = s.info.data.NoTrain
	}
	if !trains(loss.order) {
		f.fail(lossName(body).Where, "E0503", fmt.Sprintf("`%s` has nothing to train", d.Net.Name.Name), "the loss depends on none of its weights", "compute the loss from the outputs of the net")
		return nil
	}
	return t
}

// openSizes notes that a step is compiled for pictures of one size.
func (s *section) openSizes(f *frame, t *Train) {
	for _, g := range []*Graph{t.Loss, t.Eval} {
		s.pairsOfBatch(f, g)
		for _, in := range g.Inputs {
			for _, d := range in.Type.Dims {
				for _, name := range d.Size.Symbols() {
					if name == "N" {
						continue
					}
					at, flow := "", "eval"
					if g == t.Loss {
						at, flow = " in training", "augment"
					}
					f.runsLater(s.dataAt, fmt.Sprintf("a train section on pictures of any size (`%s` of `%s`%s)", name, in.Name, at),
						fmt.Sprintf("give them one size: `resize(h, w)` or a crop in `%s` or `prep`", flow))
				}
			}
		}
	}
}

func trains(states []*State) bool {
	return slices.ContainsFunc(states, func(s *State) bool { return !s.Buffer && !s.Frozen })
}

func lossName(body []syntax.Node) *syntax.Ident {
	for _, n := range body {
		if l, ok := n.(*syntax.Let); ok && l.Names[0].Name == "loss" {
			return &l.Names[0]
		}
	}
	return nil
}

// settings resolves the settings of a section and returns the statements that
// compute: loss, metrics and what they need.
func (s *section) settings(f *frame, d *syntax.Train, t *Train) []syntax.Node {
	var body []syntax.Node
	given := map[string]diag.Span{}
	once := func(id syntax.Ident) bool {
		if _, dup := given[id.Name]; dup {
			f.fail(id.Where, "E0504", fmt.Sprintf("`%s` is set twice", id.Name), "", "remove one of the two")
			return false
		}
		given[id.Name] = id.Where
		return true
	}
	metrics := map[string]bool{}
	for _, n := range d.Body {
		switch n := n.(type) {
		case *syntax.Phase:
			f.unsupported(n.Where, "`phase`")
			given["optimizer"] = n.Where // phases may have their own
		case *syntax.Freeze:
			f.unsupported(n.Where, "`freeze`")
		case *syntax.State:
			f.unsupported(n.Where, "`"+n.Kind+"` in a train section")
			body = append(body, n)
		case *syntax.Metric:
			if len(n.Let.Names) != 1 || metrics[n.Let.Names[0].Name] {
				f.fail(n.Where, "E0504", "a metric has one name of its own", "", "")
				continue
			}
			metrics[n.Let.Names[0].Name] = true
			body = append(body, n)
		case *syntax.Let:
			if len(n.Names) == 0 {
				continue
			}
			name := n.Names[0].Name
			row := vocab.Lookup(vocab.Setting, name)
			switch {
			case len(n.Names) == 1 && row != nil:
				if once(n.Names[0]) {
					s.setting(f, t, row, n)
				}
			case len(n.Names) == 1 && name == "loss":
				if once(n.Names[0]) {
					body = append(body, n)
				}
			default:
				body = append(body, n)
			}
		}
	}
	body = s.misspelled(f, body, given)
	s.required(f, d, t, given)
	return body
}

// misspelled reports a statement that nothing reads and whose name is nearly that
// of a setting, and leaves it out: what was meant counts as given.
func (s *section) misspelled(f *frame, body []syntax.Node, given map[string]diag.Span) []syntax.Node {
	known := append(vocab.Names(vocab.Setting), "loss", "metric", "phase", "freeze")
	var out []syntax.Node
	for _, n := range body {
		l, ok := n.(*syntax.Let)
		if !ok || len(l.Names) != 1 || l.Names[0].Name == "loss" {
			out = append(out, n)
			continue
		}
		id := l.Names[0]
		if near := diag.Closest(id.Name, known); near != "" && !mentions(body, id.Name) {
			s.c.unknownSetting(f, l, known, "a train section")
			if _, have := given[near]; !have {
				given[near] = id.Where
			}
			continue
		}
		out = append(out, n)
	}
	return out
}

func mentions(body []syntax.Node, name string) bool {
	found := false
	for _, n := range body {
		syntax.Inspect(n, func(n syntax.Node) bool {
			if x, ok := n.(*syntax.Name); ok && x.Name == name {
				found = true
			}
			return !found
		})
	}
	return found
}

// setting resolves one line such as `epochs = 12`.
func (s *section) setting(f *frame, t *Train, row *vocab.Row, l *syntax.Let) {
	r, ok := f.resolveArgs(row, l.Value.Span(), l.Value.Span(), []*syntax.Arg{{At: syntax.At{Where: l.Value.Span()}, Value: l.Value}})
	if !ok {
		return
	}
	if what := row.Unsupported(r.Args); what != "" {
		at := calleeSpan(l.Value)
		if t.Lacks == nil {
			t.Lacks = &Lack{what, at}
		}
		f.notCompiled(at, what, "the net compiles; `train "+t.Net+"` does not")
	}
	v := r.Args[row.Args[0].Name]
	switch row.Name {
	case "optimizer":
		if c, ok := v.(*vocab.Resolved); ok {
			t.Optimizer = resolved(c, l.Value.Span())
		}
	case "schedule":
		if c, ok := v.(*vocab.Resolved); ok {
			t.Schedule = resolved(c, l.Value.Span())
		}
	case "epochs":
		t.Epochs = int(v.(int64))
	case "batch":
		t.Batch = int(v.(int64))
	case "seed":
		t.Seed = v.(int64)
	case "clip":
		t.Clip, _ = v.(float64) // else none
	case "ema":
		t.EMA, _ = v.(float64)
	}
}

// required reports what is missing and fills in defaults.
func (s *section) required(f *frame, d *syntax.Train, t *Train, given map[string]diag.Span) {
	at := d.Net.Where
	if _, ok := given["loss"]; !ok {
		f.fail(at, "E0501", fmt.Sprintf("`train %s` has no `loss`", t.Net), "", "say what is to become small: `loss = cross_entropy(logits, label)`")
	}
	if _, ok := given["optimizer"]; !ok {
		f.fail(at, "E0501", fmt.Sprintf("`train %s` has no `optimizer`", t.Net), "", "say how the weights change: `optimizer = sgd(lr=0.05, momentum=0.9)`")
	}
	if _, ok := given["schedule"]; !ok {
		t.Schedule = defaults(vocab.Schedule, "constant", d.Where)
	}
	number := func(name string) int64 {
		v, _ := vocab.Lookup(vocab.Setting, name).Args[0].Default.(int64)
		return v
	}
	if _, ok := given["epochs"]; !ok {
		t.Epochs = int(number("epochs"))
	}
	if _, ok := given["batch"]; !ok {
		t.Batch = int(number("batch"))
	}
	if _, ok := given["seed"]; !ok {
		t.Seed = number("seed")
	}
}
