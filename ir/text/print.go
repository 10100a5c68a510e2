package text

import (
	"fmt"
	"sort"
	"strconv"
	"strings"

	"github.com/netc-lang/netc/internal/diag"
	"github.com/netc-lang/netc/ir"
	"github.com/netc-lang/netc/ir/op"
	"github.com/netc-lang/netc/ir/sym"
)

// Print returns m as text; equal modules give equal bytes.
func Print(m *ir.Module) string {
	p := &printer{}
	p.header(m)
	for _, f := range m.Funcs {
		p.fn(f)
	}
	return p.b.String()
}

// PrintFunc returns one function as text.
func PrintFunc(f *ir.Func) string {
	p := &printer{}
	p.fn(f)
	return strings.TrimPrefix(p.b.String(), "\n")
}

type printer struct{ b strings.Builder }

func (p *printer) linef(format string, args ...any) {
	fmt.Fprintf(&p.b, format, args...)
	p.b.WriteByte('\n')
}

var stageNames = []string{"graph", "scheduled", "planned"}

var kindNames = []string{"infer", "loss", "train_step", "eval", "predict"}

func (p *printer) fn(f *ir.Func) {
	ins := make([]string, len(f.Inputs))
	for i, v := range f.Inputs {
		ins[i] = "%" + v.Name + ": " + v.Type.String() + mem(v)
	}
	outs := make([]string, len(f.Results))
	for i, r := range f.Results {
		outs[i] = fmt.Sprintf("%s: %s", r.Name, r.Value.Type)
	}
	p.linef("")
	if f.Doc != "" {
		p.linef("doc %q", f.Doc)
	}
	p.b.WriteString(fmt.Sprintf("func @%s %s %s (%s) -> (%s)%s", f.Name, kindNames[f.Kind], f.Net,
		strings.Join(ins, ", "), strings.Join(outs, ", "), facts(f.Facts)))
	p.segments(f.Segments)
	p.joints(f.Joints)
	if f.Memory != nil {
		p.memory(f.Memory)
	}
	p.linef(" {")
	for _, in := range f.Instrs {
		p.instr(in, "  ")
	}
	names := make([]string, len(f.Results))
	for i, r := range f.Results {
		names[i] = name(r.Value)
	}
	p.linef("  return %s", strings.Join(names, ", "))
	p.linef("}")
}

// segments prints `segments N [FIRST..LAST:IMAGES:OFFSET:SIZE, ...]`, N being the symbol
// that counts images; offset and size are 0 before they are planned. Groups of channels
// have `CHANNELS channels` for IMAGES.
func (p *printer) segments(list []ir.Segment) {
	if len(list) == 0 {
		return
	}
	parts := make([]string, len(list))
	for i, s := range list {
		group := fmt.Sprint(s.Images)
		if s.Channels > 0 {
			group = fmt.Sprintf("%d channels", s.Channels)
		}
		parts[i] = fmt.Sprintf("%d..%d:%s:%s:%s", s.First, s.Last, group, tight(s.Offset), tight(s.Size))
	}
	fmt.Fprintf(&p.b, " segments %s [%s]", list[0].Batch, strings.Join(parts, ", "))
}

// joints prints `joints [FIRST..LAST, ...]`.
func (p *printer) joints(list []ir.Joint) {
	if len(list) == 0 {
		return
	}
	parts := make([]string, len(list))
	for i, j := range list {
		parts[i] = fmt.Sprintf("%d..%d", j.First, j.Last)
	}
	fmt.Fprintf(&p.b, " joints [%s]", strings.Join(parts, ", "))
}

// memory prints `arena SIZE bound SIZE`, with ` logical SIZE` where that is another, or the blocks of a plan for sizes known
// at run time: `blocks 64 [256*H*N:0..3, ...]`.
func (p *printer) memory(m *ir.Memory) {
	if len(m.Blocks) == 0 {
		fmt.Fprintf(&p.b, " arena %s bound %s", m.Arena, m.Bound)
		if !m.Logical.Equal(m.Bound) {
			fmt.Fprintf(&p.b, " logical %s", m.Logical)
		}
		return
	}
	blocks := make([]string, len(m.Blocks))
	for i, b := range m.Blocks {
		blocks[i] = fmt.Sprintf("%s:%d..%d", tight(b.Size), b.First, b.Last)
	}
	fmt.Fprintf(&p.b, " blocks %d [%s]", m.Align, strings.Join(blocks, ", "))
}

func (p *printer) instr(in *ir.Instr, indent string) {
	p.b.WriteString(indent)
	for i, o := range in.Outs {
		if i > 0 {
			p.b.WriteString(", ")
		}
		p.b.WriteString(name(o))
	}
	if len(in.Outs) > 0 {
		p.b.WriteString(" = ")
	}
	p.b.WriteString(in.Op.Name)
	last := len(in.Args)
	for last > 0 && in.Args[last-1] == nil {
		last--
	}
	for i, a := range in.Args[:last] {
		if i > 0 {
			p.b.WriteByte(',')
		}
		p.b.WriteString(" " + name(a))
	}
	p.b.WriteString(attrs(in.Op, in.Attrs))
	if in.Split != ir.NoSplit {
		p.b.WriteString(" by " + in.Split.String())
	}
	if len(in.Outs) > 0 {
		p.b.WriteString(" :")
		for i, o := range in.Outs {
			if i > 0 {
				p.b.WriteByte(',')
			}
			p.b.WriteString(" " + o.Type.String() + layout(o) + mem(o))
		}
	}
	p.b.WriteString(place(in.Pos, in.Stage))
	if len(in.Body) == 0 {
		p.b.WriteByte('\n')
		return
	}
	p.linef(" {")
	for _, b := range in.Body {
		p.instr(b, indent+"  ")
	}
	p.linef("%s}", indent)
}

func name(v *ir.Value) string {
	switch {
	case v == nil:
		return "_"
	case v.Name != "":
		return "%" + v.Name
	}
	return "%" + strconv.Itoa(v.ID)
}

// place prints where an instruction comes from.
func place(pos diag.Pos, stage string) string {
	if !pos.IsValid() && stage == "" {
		return ""
	}
	s := " @ " + pos.String()
	if stage != "" {
		s += " " + stage
	}
	return s
}

func facts(f sym.Facts) string {
	var parts []string
	for _, c := range []struct {
		format string
		m      map[string]int64
	}{{"%s %% %d == 0", f.Divides}, {"%s >= %d", f.Min}, {"%s <= %d", f.Max}} {
		for _, k := range sortedKeys(c.m) {
			parts = append(parts, fmt.Sprintf(c.format, k, c.m[k]))
		}
	}
	if len(parts) == 0 {
		return ""
	}
	return " where " + strings.Join(parts, ", ")
}

func sortedKeys[T any](m map[string]T) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return keys
}

var spaceNames = map[ir.Space]string{
	ir.InputSpace: "input", ir.StateSpace: "state", ir.ConstSpace: "const",
	ir.ArenaSpace: "arena", ir.SetupSpace: "setup", ir.ElidedSpace: "elided",
	ir.GradientSpace: "gradient",
}

// layout prints how a value lies in memory where it is not plain.
func layout(v *ir.Value) string {
	if v.Layout.Plain() {
		return ""
	}
	return "{" + v.Layout.String() + "}"
}

// mem prints where a value lives.
func mem(v *ir.Value) string {
	if v.Mem.Space == ir.NoSpace {
		return ""
	}
	s := " mem=" + spaceNames[v.Mem.Space]
	if v.Mem.State != "" {
		s += fmt.Sprintf("(%q)", v.Mem.State)
	}
	switch {
	case v.Mem.Block > 0:
		s += fmt.Sprintf("#%d", v.Mem.Block)
	case v.Mem.Segment > 0:
		s += fmt.Sprintf("@%d", v.Mem.Segment)
	}
	if at := tight(v.Mem.Offset); at != "0" || v.Mem.Block == 0 {
		s += "+" + at
	}
	s += ":" + tight(v.Mem.Size)
	if step := tight(v.Mem.Step); step != "0" {
		s += "^" + step
	}
	return s
}

// tight prints a size without spaces.
func tight(e sym.Expr) string { return strings.ReplaceAll(e.String(), " ", "") }

// attrs prints the attributes that differ from their defaults, in table order.
func attrs(d *op.Def, a op.Attrs) string {
	var parts []string
	for _, s := range d.Attrs {
		v, ok := a[s.Name]
		if !ok {
			continue
		}
		text := attr(v)
		if s.Default != nil && text == attr(s.Default) {
			continue
		}
		parts = append(parts, s.Name+"="+text)
	}
	if len(parts) == 0 {
		return ""
	}
	return " {" + strings.Join(parts, ", ") + "}"
}

func attr(v any) string {
	switch v := v.(type) {
	case int64:
		return strconv.FormatInt(v, 10)
	case float64:
		return number(v)
	case bool:
		return strconv.FormatBool(v)
	case string:
		return strconv.Quote(v)
	case []int64:
		return list(v, func(x int64) string { return strconv.FormatInt(x, 10) })
	case []float64:
		return list(v, number)
	case []string:
		return list(v, strconv.Quote)
	case []op.Dim:
		return list(v, func(d op.Dim) string {
			if d.Set != "" {
				return d.Set + ":" + d.Size.String()
			}
			return d.Size.String()
		})
	case [2]float64:
		return number(v[0]) + ".." + number(v[1])
	case nil:
		return "none"
	}
	diag.Bugf("text: attribute of type %T", v)
	return ""
}

// number prints a float so that it reads back to the same bits and never looks
// like an int.
func number(x float64) string {
	s := strconv.FormatFloat(x, 'g', -1, 64)
	if !strings.ContainsAny(s, ".eIN") {
		s += ".0"
	}
	return s
}

func list[T any](xs []T, one func(T) string) string {
	parts := make([]string, len(xs))
	for i, x := range xs {
		parts[i] = one(x)
	}
	return "[" + strings.Join(parts, ", ") + "]"
}
