package check

import (
	"fmt"
	"maps"
	"slices"

	"github.com/netc-lang/netc/internal/diag"
	"github.com/netc-lang/netc/lang/check/vocab"
	"github.com/netc-lang/netc/lang/syntax"
)

// perPhase are the settings that a phase may have of its own; the others belong to
// the whole training.
var perPhase = map[string]bool{"batch": true, "optimizer": true, "schedule": true, "epochs": true, "clip": true, "stop": true}

// freezing is one `freeze` statement.
type freezing struct {
	node   *syntax.Freeze
	places []*place
	states []*State
	unit   string // "epoch" or "step"; "" to the end of the phase
	until  int
}

// phase reads a phase, which begins with what stands above it.
func (x *trainSection) phase(n *syntax.Phase) *phaseLines {
	p := &phaseLines{Phase: x.base.Phase, at: maps.Clone(x.base.at), freezes: slices.Clone(x.base.freezes)}
	p.Name, p.Span = n.Name.Name, n.Name.Where
	if x.named[p.Name] {
		x.f.fail(n.Name.Where, "E0504", fmt.Sprintf("two phases are called `%s`", p.Name), "", "rename one of the two")
	}
	x.named[p.Name] = true
	given := map[string]diag.Span{}
	for _, n := range n.Body {
		switch n := n.(type) {
		case *syntax.Freeze:
			x.freeze(p, n)
		case *syntax.Let:
			x.phaseLine(p, n, given)
		case *syntax.Phase:
			x.f.fail(n.Name.Where, "E0517", "a phase holds no other phase", "", "put them one after the other")
		case *syntax.Memory:
			x.f.fail(n.Where, "E0517", "the limit of memory is that of the whole training", "", "move it above the phases")
		case *syntax.Metric:
			x.f.fail(n.Where, "E0517", "metrics are those of the whole training", "", "move it above the phases")
		case *syntax.State:
			x.f.fail(n.Where, "E0517", "layers are those of the whole training", "", "move it above the phases")
		}
	}
	return p
}

func (x *trainSection) phaseLine(p *phaseLines, n *syntax.Let, given map[string]diag.Span) {
	if len(n.Names) == 0 {
		return
	}
	id := n.Names[0]
	row := vocab.Lookup(vocab.Setting, id.Name)
	switch {
	case len(n.Names) == 1 && row != nil && perPhase[id.Name]:
		if x.once(given, id) {
			x.setting(p, row, n)
		}
	case id.Name == "loss" || row != nil:
		x.f.fail(id.Where, "E0517", fmt.Sprintf("`%s` is that of the whole training", id.Name), "", "move it above the phases")
	default:
		x.c.unknownSetting(x.f, n, append(sorted(perPhase), "freeze"), "a phase")
	}
}

// freeze resolves the paths of a freeze, and its end.
func (x *trainSection) freeze(p *phaseLines, n *syntax.Freeze) {
	if !x.known {
		return
	}
	z := &freezing{node: n}
	ok := true
	for _, path := range n.Paths {
		at, found := x.place(x.f, path)
		if !found {
			ok = false
			continue
		}
		states := slices.DeleteFunc(at.states(x.net.net), func(s *State) bool { return slices.Contains(z.states, s) })
		if !slices.ContainsFunc(states, trained) {
			x.f.fail(path.Span(), "E0516", fmt.Sprintf("there is nothing to freeze in `%s`", at.text), "it has no weights that are trained, or they are frozen already", "leave it out")
			ok = false
			continue
		}
		z.places, z.states = append(z.places, at), append(z.states, states...)
	}
	if n.Until != nil && ok {
		r, good := x.f.resolveRow(vocab.Moment, n.Until)
		if !good {
			return
		}
		z.unit, z.until = r.Row.Name, int(r.Args["n"].(int64))
	}
	if ok {
		p.freezes = append(p.freezes, z)
	}
}

func trained(s *State) bool { return !s.Buffer && !s.Frozen }

// finish fills in defaults, checks what settings ask of each other, and divides the
// phase where a freeze ends.
func (x *trainSection) finish(p *phaseLines) {
	number := func(name string) int {
		v, _ := vocab.Lookup(vocab.Setting, name).Args[0].Default.(int64)
		return int(v)
	}
	if p.Epochs == 0 {
		p.Epochs = number("epochs")
	}
	if p.Batch == 0 {
		p.Batch = number("batch")
	}
	if p.Schedule.Name == "" {
		p.Schedule = defaults(vocab.Schedule, "constant", x.d.Where)
	}
	x.warmup(p)
	x.divide(p)
}

// warmup refuses a warm-up that would not end.
func (x *trainSection) warmup(p *phaseLines) {
	warm, _ := p.Schedule.Args["warmup"].(float64)
	l := p.at["schedule"]
	if l == nil || warm <= float64(p.Epochs) {
		return
	}
	x.f.fail(argSpan(l, "warmup"), "E0305", fmt.Sprintf("the warm-up takes %v epochs, and %s has %d", warm, p.called(), p.Epochs), "the learning rate would never be reached", "")
}

// course refuses a schedule or an end that comes after the last epoch of every phase
// that has it, and a rate that would rise where it should fall.
func (x *trainSection) course(phases []*phaseLines) {
	// late reports a line whose number no phase reaches.
	late := func(setting, argument, code string, number func(p *phaseLines) float64, message, label string) {
		longest := map[*syntax.Let]*phaseLines{}
		for _, p := range phases {
			if l := p.at[setting]; l != nil && number(p) > 0 && (longest[l] == nil || p.Epochs > longest[l].Epochs) {
				longest[l] = p
			}
		}
		for l, p := range longest {
			if n := number(p); n >= float64(p.Epochs) {
				x.f.fail(argSpan(l, argument), code, fmt.Sprintf(message, plural(int(n), "epoch"), p.called(), p.Epochs), label, "")
			}
		}
	}
	late("schedule", "every", "E0305", func(p *phaseLines) float64 {
		every, _ := p.Schedule.Args["every"].(float64)
		return every
	}, "the rate first falls after %s, and %s has %d", "it would never fall")
	late("stop", "patience", "E0518", func(p *phaseLines) float64 {
		if p.Stop == nil {
			return 0
		}
		return float64(p.Stop.Patience)
	}, "`early` waits for %s, and %s has %d", "it would never end the training")
	for _, p := range phases {
		lr, _ := p.Optimizer.Args["lr"].(float64)
		low, _ := p.Schedule.Args["min"].(float64)
		if l := p.at["schedule"]; l != nil && p.at["optimizer"] != nil && low > 0 && low >= lr {
			x.f.fail(argSpan(l, "min"), "E0305", fmt.Sprintf("the rate ends at %v, and begins at %v", low, lr), "", "`min` is a rate below `lr`")
		}
	}
}

// argSpan is the place of an argument of a setting, or of its whole value.
func argSpan(l *syntax.Let, name string) diag.Span {
	if a := argOf(l.Value, name); a != nil {
		return a.Value.Span()
	}
	return l.Value.Span()
}

// called names the phase in messages.
func (p *phaseLines) called() string {
	if p.Name == "" {
		return "the training"
	}
	return "phase `" + p.Name + "`"
}

// divide makes the parts of a phase: one for each set of frozen weights.
func (x *trainSection) divide(p *phaseLines) {
	unit := ""
	ends := []int{0}
	for _, z := range p.freezes {
		switch {
		case z.unit == "":
			continue
		case z.unit == "epoch" && z.until >= p.Epochs:
			x.f.fail(z.node.Until.Span(), "E0516", fmt.Sprintf("this freeze never ends: %s has %s, counted from 0", p.called(), plural(p.Epochs, "epoch")), "", "leave `until` out, or name an earlier epoch")
		case z.until == 0:
			x.f.fail(z.node.Until.Span(), "E0516", "this freeze ends before it begins", "", "leave the freeze out")
		case unit != "" && unit != z.unit:
			x.f.fail(z.node.Until.Span(), "E0516", "one freeze of this phase ends by an epoch and one by a step: which is first depends on the data", "", "count both in epochs or both in steps")
		default:
			unit = z.unit
			ends = append(ends, z.until)
		}
	}
	slices.Sort(ends)
	for _, begin := range slices.Compact(ends) {
		part := Part{}
		if unit == "step" {
			part.Step = begin
		} else {
			part.Epoch = begin
		}
		for _, z := range p.freezes {
			if z.unit != "" && z.until <= begin {
				continue
			}
			part.last = z
			for _, s := range z.states {
				if !slices.Contains(part.Frozen, s) {
					part.Frozen = append(part.Frozen, s)
				}
			}
		}
		p.Parts = append(p.Parts, part)
	}
}

// trainsSomething reports a training, or a part of it, that could change nothing.
func (x *trainSection) trainsSomething(loss *Graph) bool {
	var weights []*State
	made := false
	for _, o := range loss.Outputs {
		if o.Name == "loss" {
			made = true
			weights = slices.DeleteFunc(statesUnder(o.Value), func(s *State) bool { return s.Buffer })
		}
	}
	if !made {
		return false // why not has been said
	}
	if !slices.ContainsFunc(weights, trained) {
		at := x.given["loss"]
		x.f.fail(at, "E0503", fmt.Sprintf("`%s` has nothing to train", x.t.Net), "the loss depends on none of its weights", "compute the loss from the outputs of the net")
		return false
	}
	for _, p := range x.t.Phases {
		for _, part := range p.Parts {
			left := slices.ContainsFunc(weights, func(s *State) bool { return trained(s) && !slices.Contains(part.Frozen, s) })
			if left {
				continue
			}
			x.allFrozen(p, part.last, weights)
			return false
		}
	}
	return true
}

func (x *trainSection) allFrozen(p *Phase, z *freezing, weights []*State) {
	who := "`train " + x.t.Net + "`"
	if p.Name != "" {
		who = "phase `" + p.Name + "`"
	}
	n, _ := countParams(weights)
	hint := "freeze a part of it"
	if k := len(z.places); k > 1 {
		hint = fmt.Sprintf("leave `%s` out of the freeze", z.places[k-1].text)
	}
	x.f.fail(z.node.Where, "E0503", who+" has nothing left to train", fmt.Sprintf("all %s weights that `loss` depends on are frozen", grouped(n)), hint)
}

// statesUnder lists the states that t is computed from.
func statesUnder(t *Tensor) []*State {
	var out []*State
	seen := map[*Call]bool{}
	var visit func(t *Tensor)
	visit = func(t *Tensor) {
		if t == nil || t.Def == nil || seen[t.Def] {
			return
		}
		seen[t.Def] = true
		if s := t.Def.State; s != nil && !slices.Contains(out, s) {
			out = append(out, s)
		}
		for _, a := range t.Def.Args {
			visit(a)
		}
	}
	visit(t)
	return out
}
