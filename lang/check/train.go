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
	x := &trainSection{section: s, f: f, d: d, t: t, known: okNet}
	x.read()
	if !okNet || !okData {
		s.passOver()
		return nil
	}
	t.Data = s.info.data.Name
	loss := s.statistics(d, x.body, t, true)
	if loss == nil || s.c.problems() > before {
		s.c.taint(d)
		return nil
	}
	eval := s.statistics(d, x.body, t, false)
	if eval == nil || s.c.problems() > before {
		s.c.taint(d)
		return nil
	}
	t.Loss, t.Eval = loss.graph, eval.graph
	t.States = s.ownStates(loss.order, eval.order)
	t.Targets = loss.targets
	var ok bool
	if t.Ignored, ok = s.ignored(f); !ok {
		s.c.taint(d)
		return nil
	}
	batch := 0
	for _, p := range t.Phases {
		batch = max(batch, p.Batch)
	}
	if !s.pairsOfBatch(f, t.Loss, batch) || !s.pairsOfBatch(f, t.Eval, batch) {
		return nil
	}
	if t.Lacks == nil {
		t.Lacks = s.lack
	}
	if t.Lacks == nil {
		t.Lacks = s.info.data.NoTrain
	}
	if !x.trainsSomething(t.Loss) {
		return nil
	}
	return t
}

// trainSection reads the lines of a train section.
type trainSection struct {
	*section
	f     *frame
	d     *syntax.Train
	t     *Train
	known bool // the net is there, so that paths can be looked up

	body    []syntax.Node        // statements that compute: loss, metrics and what they need
	metrics []string             // names of the metrics
	given   map[string]diag.Span // settings above the phases
	base    phaseLines           // what phases inherit
	named   map[string]bool      // phases by name
}

// phaseLines is a phase with the places of its settings.
type phaseLines struct {
	Phase
	at      map[string]*syntax.Let
	picked  int // records of a batch that is drawn by class
	freezes []*freezing
}

// read resolves the settings and sorts the other statements out.
func (x *trainSection) read() {
	x.given, x.named = map[string]diag.Span{}, map[string]bool{}
	x.base = phaseLines{Phase: Phase{Span: x.d.Where}, at: map[string]*syntax.Let{}}
	for _, n := range x.d.Body {
		if m, ok := n.(*syntax.Metric); ok && len(m.Let.Names) == 1 {
			x.metrics = append(x.metrics, m.Let.Names[0].Name)
		}
	}
	var phases []*phaseLines
	seen := map[string]bool{}
	for _, n := range x.d.Body {
		switch n := n.(type) {
		case *syntax.Phase:
			phases = append(phases, x.phase(n))
		case *syntax.Memory:
			x.memory(n)
		case *syntax.Freeze:
			x.below(n.Where, "freeze", len(phases))
			x.freeze(&x.base, n)
		case *syntax.State:
			if n.Kind != "layer" {
				x.f.fail(n.Where, "E0219", fmt.Sprintf("a %s belongs in a net or a block", n.Kind), "", "`layer` makes weights that live only in training")
				continue
			}
			x.body = append(x.body, n)
		case *syntax.Metric:
			if len(n.Let.Names) != 1 || seen[n.Let.Names[0].Name] {
				x.f.fail(n.Where, "E0504", "a metric has one name of its own", "", "")
				continue
			}
			seen[n.Let.Names[0].Name] = true
			x.body = append(x.body, n)
		case *syntax.Let:
			x.line(n, len(phases))
		}
	}
	x.body = x.misspelled(x.f, x.body, x.given)
	x.picks(phases)
	x.mixes()
	x.required(phases)
	if len(phases) == 0 {
		phases = []*phaseLines{&x.base}
	}
	for _, p := range phases {
		x.finish(p)
		x.t.Phases = append(x.t.Phases, &p.Phase)
	}
	x.course(phases)
}

// below reports a setting behind a phase: phases inherit what stands above them.
func (x *trainSection) below(at diag.Span, name string, phases int) {
	if phases > 0 {
		x.f.fail(at, "E0517", fmt.Sprintf("`%s` stands below a phase, and phases inherit only what stands above them", name), "", "move it above the first phase, or into the phase that it is for")
	}
}

// line reads a statement `name = value` of the section itself.
func (x *trainSection) line(n *syntax.Let, phases int) {
	if len(n.Names) == 0 {
		return
	}
	id := n.Names[0]
	row := vocab.Lookup(vocab.Setting, id.Name)
	single := len(n.Names) == 1
	switch {
	case single && row != nil:
		if x.once(x.given, id) {
			if perPhase[id.Name] {
				x.below(id.Where, id.Name, phases)
			}
			x.setting(&x.base, row, n)
		}
	case single && id.Name == "loss":
		if x.once(x.given, id) {
			x.body = append(x.body, n)
		}
	case single && id.Name == "memory" && !mentions(x.d.Body, "memory"):
		x.f.report(id.Where, diag.Diagnostic{
			Code: "E0504", Message: "`memory` is a limit, not a value", Label: "the memory of a step is at most this", Hint: "write `memory <= 2 GB`",
		})
	default:
		x.body = append(x.body, n)
	}
}

func (x *trainSection) once(given map[string]diag.Span, id syntax.Ident) bool {
	if _, dup := given[id.Name]; dup {
		x.f.fail(id.Where, "E0504", fmt.Sprintf("`%s` is set twice", id.Name), "", "remove one of the two")
		return false
	}
	given[id.Name] = id.Where
	return true
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
func (x *trainSection) setting(p *phaseLines, row *vocab.Row, l *syntax.Let) {
	f, t := x.f, x.t
	r, ok := f.resolveArgs(row, l.Value.Span(), l.Value.Span(), []*syntax.Arg{{At: syntax.At{Where: l.Value.Span()}, Value: l.Value}})
	if !ok {
		p.at[row.Name] = nil // it is there, and wrong
		return
	}
	p.at[row.Name] = l
	if what := row.Unsupported(r.Args); what != "" {
		at := calleeSpan(l.Value)
		if t.Lacks == nil {
			t.Lacks = &Lack{what, at}
		}
		f.notCompiled(at, what, "the net compiles; `train "+t.Net+"` does not")
	}
	v := r.Args[row.Args[0].Name]
	c, isCall := v.(*vocab.Resolved)
	switch row.Name {
	case "optimizer":
		if isCall {
			p.Optimizer = resolved(c, l.Value.Span())
		}
	case "schedule":
		if isCall {
			p.Schedule = resolved(c, l.Value.Span())
		}
	case "epochs":
		p.Epochs = int(v.(int64))
	case "batch":
		p.Batch = int(v.(int64))
	case "pick":
		if isCall {
			classes, each := int(c.Args["p"].(int64)), int(c.Args["k"].(int64))
			p.picked = classes * each
			p.Batch, t.Pick = p.picked, [2]int{classes, each}
		}
	case "stop":
		p.Stop = nil
		if isCall {
			p.Stop = x.early(c, l)
		}
	case "seed":
		t.Seed = v.(int64)
	case "mix":
		if isCall {
			t.Mix = resolved(c, l.Value.Span())
		}
	case "accumulate":
		if n := int(v.(int64)); n > 1 {
			t.Accumulate = n
		}
	case "checkpoint":
		if isCall {
			x.interval(c, l)
		}
	case "clip":
		p.Clip, _ = v.(float64) // else none
	case "ema":
		t.EMA, _ = v.(float64)
	case "precision":
		t.Strict = v == "strict"
	}
}

// interval reads `every(epoch(n))` or `every(step(n))`.
func (x *trainSection) interval(c *vocab.Resolved, l *syntax.Let) {
	time, ok := c.Args["time"].(*vocab.Resolved)
	if !ok {
		return
	}
	n := int(time.Args["n"].(int64))
	if n < 1 {
		x.f.fail(l.Value.Span(), "E0305", "a checkpoint is written after one epoch or step, or more, and this is 0", "", "write `every(epoch(1))`")
		return
	}
	if time.Row.Name == "epoch" {
		x.t.Save = [2]int{n, 0}
	} else {
		x.t.Save = [2]int{0, n}
	}
}

// picks checks that batches drawn by class are not given a size too, and that there are as
// many classes.
func (x *trainSection) picks(phases []*phaseLines) {
	at, both := x.given["batch"]
	l := x.base.at["pick"]
	for _, p := range phases {
		if own := p.at["batch"]; own != nil && l != nil && own != x.base.at["batch"] {
			at, both = own.Names[0].Where, true
		}
	}
	if l != nil && x.info != nil {
		for _, d := range x.info.fields {
			if set := x.c.setNamed(d.LabelSet); d.Kind == LabelField && set != nil && x.t.Pick[0] > len(set.Labels) {
				x.f.fail(argSpan(l, "p"), "E0305", fmt.Sprintf("`pick` draws %d classes for a batch, and `%s` counts %d", x.t.Pick[0], d.Name, len(set.Labels)), "", "make `p` smaller")
			}
		}
	}
	if l == nil || !both || x.base.picked == 0 {
		return
	}
	x.f.report(at, diag.Diagnostic{
		Code: "E0504", Message: fmt.Sprintf("`pick` makes batches of %d, and `batch` says so too", x.base.picked),
		Notes: []diag.Note{{Span: l.Where, Message: "`pick` is"}}, Hint: "remove `batch`",
	})
}

// mixes refuses to mix records that are more than pictures with labels or masks.
func (x *trainSection) mixes() {
	l := x.base.at["mix"]
	if l == nil || x.t.Mix.Name == "" || x.info == nil {
		return
	}
	marked := false
	for _, d := range x.info.fields {
		switch d.Kind {
		case LabelField, MaskField:
			marked = true
		case BoxesField:
			x.f.fail(l.Value.Span(), "E0505", fmt.Sprintf("`mix` shows two records in one, and of the boxes `%s` none would be half there", d.Name), "", "join records of boxes with the step `mosaic`")
			return
		case ArrayField:
			x.f.fail(l.Value.Span(), "E0505", fmt.Sprintf("`mix` shows two records in one, and the numbers `%s` are of one", d.Name), "", "remove `mix`")
			return
		case TextField:
			x.f.fail(l.Value.Span(), "E0505", fmt.Sprintf("`mix` shows two records in one, and the text `%s` tells of one", d.Name), "", "remove `mix`")
			return
		}
	}
	if !marked {
		x.f.fail(l.Value.Span(), "E0505", "`mix` mixes labels too, and the sample has none", "", "remove `mix`")
		x.t.Mix = Resolved{}
	}
}

// early reads `early(patience, on=val.METRIC)`.
func (x *trainSection) early(c *vocab.Resolved, l *syntax.Let) *Stop {
	on, _ := c.Args["on"].(syntax.Expr)
	names := append(slices.Clone(x.metrics), "loss")
	m, ok := on.(*syntax.Member)
	if !ok || nameOf(m.X) != "val" {
		hint := "write `on=val." + names[0] + "`"
		x.f.fail(on.Span(), "E0518", "training ends early by a number that is measured on the validation records", "", hint)
		return nil
	}
	if !slices.Contains(names, m.Name.Name) {
		d := diag.Diagnostic{Code: "E0518", Message: fmt.Sprintf("no metric of this section is called `%s`", m.Name.Name), Hint: "there are " + joinAnd(backquoted(names))}
		if near := diag.Closest(m.Name.Name, names); near != "" {
			d.Label = fmt.Sprintf("did you mean `%s`?", near)
			d.Edits = []diag.Edit{{Span: m.Name.Where, Text: near}}
		}
		x.f.report(m.Name.Where, d)
		return nil
	}
	s := &Stop{Patience: int(c.Args["patience"].(int64)), Metric: m.Name.Name}
	if s.Metric == "loss" && !slices.Contains(x.metrics, "loss") {
		s.Metric = ""
	}
	return s
}

// required reports what is missing.
func (x *trainSection) required(phases []*phaseLines) {
	f, at := x.f, x.d.Net.Where
	if _, ok := x.given["loss"]; !ok {
		f.fail(at, "E0501", "this `train` section has no `loss`", "", "say what is to become small: `loss = cross_entropy(logits, label)`")
	}
	if _, ok := x.given["optimizer"]; ok {
		return
	}
	hint := "say how the weights change: `optimizer = sgd(lr=0.05, momentum=0.9)`"
	if len(phases) == 0 {
		f.fail(at, "E0501", "this `train` section has no `optimizer`", "", hint)
	}
	for _, p := range phases {
		if _, ok := p.at["optimizer"]; !ok {
			f.fail(p.Span, "E0501", fmt.Sprintf("phase `%s` has no `optimizer`, and there is none above it", p.Name), "", hint)
		}
	}
}
