package gogen

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/netc-lang/netc/ir"
)

// segment is the code of a run of instructions that groups go through one after the
// other, or side by side: a method whose a is the arena of the group and whose c runs its
// kernels. Of a group of images, n is their number and first that of the first in the
// batch; of one of channels of all images, group is its number.
type segment struct {
	*ir.Segment
	number int // from 1
	lines  []string
	needs  []string
	at     int   // line of the plan that calls it
	groups int64 // of channels; 0 of images
}

// groupChannels returns the channels of a group where channels go group by group, 0
// elsewhere.
func (l *lowering) groupChannels() int64 {
	if l.group == nil {
		return 0
	}
	return l.group.Channels
}

// enter lowers what follows in segment k, from 1, or for 0 in none.
func (l *lowering) enter(k int) {
	old := 0
	if l.group != nil {
		old = l.group.number
	}
	if k == old {
		return
	}
	l.places = map[*ir.Value]string{}
	if l.group = nil; k > 0 {
		l.group = &segment{Segment: &l.fn.Segments[k-1], number: k, at: len(l.lines)}
		if l.group.Channels > 0 {
			c, _ := ir.ByChannel(l.fn.Instrs[l.group.First], l.batch)
			l.group.groups = c / l.group.Channels
		}
		l.segments = append(l.segments, l.group)
	}
}

// ofBatch returns the elements of v, which outlives the segment, of the whole batch.
func (l *lowering) ofBatch(v *ir.Value) string {
	off, ok := sizeOf(v.Mem.Offset, l.batch)
	if !ok || off.slope%4 != 0 || off.fixed%4 != 0 {
		l.bug("value %%%d of %s has offset %s", v.ID, l.fn.Name, v.Mem.Offset)
	}
	return within(l.self+".a", v.Type.DType, size{slope: off.slope / 4, fixed: off.fixed / 4}, l.stored(v), func(s size) string { return s.in(l.self + ".n") })
}

// ofGroup returns from e, the place of v for the whole batch, what belongs to the images
// or the channels of the group.
func (l *lowering) ofGroup(v *ir.Value, e string) string {
	if l.group.Channels > 0 {
		return l.ofChannels(v, e)
	}
	bytes, ok := v.ByImage(l.batch)
	outlives := v.Mem.Space == ir.InputSpace || v.Mem.Space == ir.ArenaSpace && v.Mem.Segment == 0
	if !ok || !outlives || v.Def != nil && isView(v.Def) {
		return e // the operand of a view is cut already
	}
	step := bytes / int64(v.Type.DType.Size())
	if !v.Mem.Whole() {
		step = l.floats(v.Mem.Step).fixed
	}
	return fmt.Sprintf("%s[%s:][:%s]", e, size{slope: step}.in("first"), l.stored(v))
}

// ofChannels is ofGroup for channels: they are planes of images, in each of them, or the
// first axis of weights and statistics. An image may be a plain one that a view takes for
// blocks, since these lie in the same order where maps have one pixel.
func (l *lowering) ofChannels(v *ir.Value, e string) string {
	if v.Mem.Segment > 0 || v.Def != nil && isView(v.Def) {
		return e
	}
	n := l.elems(v)
	step := (n.slope + n.fixed) / l.group.groups // of images one is 0, of weights the other
	if !v.Layout.Plain() {
		step = l.floats(v.Map().Bytes()).fixed / l.group.groups
	}
	return fmt.Sprintf("%s[%d*group:]", e, step)
}

// groupWork is the work of an image in s, in the unit of kernel.Ctx.Run; none in a
// package for a profile, whose instructions are timed one by one.
func (l *lowering) groupWork(s *segment) int64 {
	if l.u.profile {
		return 0
	}
	total, one := int64(0), map[string]int64{l.batch: 1}
	for _, in := range l.fn.Instrs[s.First : s.Last+1] {
		if ir.OfStates(in) || isView(in) {
			continue
		}
		total += instrMACs(in, one)
		for _, v := range in.Outs {
			n, _ := v.Type.Elems().Eval(one)
			total += 4 * n
		}
	}
	return total
}

// callSegments puts the calls of the segments into the plan; recv is the receiver of
// the methods, name that of the plan.
func (l *lowering) callSegments(recv, name string) []string {
	var lines []string
	from := 0
	for _, s := range l.segments {
		lines = append(lines, l.lines[from:s.at]...)
		from = s.at
		if len(s.lines) == 0 {
			continue
		}
		off, ok := sizeOf(s.Offset, l.batch)
		if !ok {
			l.bug("segment %d of %s has its storage at %s", s.number, l.fn.Name, s.Offset)
		}
		groups, work := fmt.Sprintf("n, %d", s.Images), fmt.Sprint(l.groupWork(s))
		if s.groups > 0 {
			groups, work = fmt.Sprintf("%d, 1", s.groups), fmt.Sprintf("%d*n", l.groupWork(s)/s.groups)
		}
		lines = append(lines,
			"// "+l.stages(s)+": "+groupText(s),
			fmt.Sprintf("kernel.ByGroups(c, %s, %s, a[%s:], %s, (%s).%s%d)",
				groups, work, size{slope: off.slope / 4, fixed: off.fixed / 4}, l.self, recv, name, s.number))
	}
	return append(lines, l.lines[from:]...)
}

// groupText says what a group has.
func groupText(s *segment) string {
	switch {
	case s.Channels > 0:
		return fmt.Sprintf("%d channels at a time", s.Channels)
	case s.Images == 1:
		return "one image at a time"
	}
	return fmt.Sprintf("up to %d images at a time", s.Images)
}

// stages names the first and the last stage of s.
func (l *lowering) stages(s *segment) string {
	var names []string
	for _, in := range l.fn.Instrs[s.First : s.Last+1] {
		if in.Stage != "" && !ir.OfStates(in) {
			names = append(names, in.Stage)
		}
	}
	switch {
	case len(names) == 0:
		return fmt.Sprintf("segment %d", s.number)
	case names[0] == names[len(names)-1]:
		return names[0]
	}
	return names[0] + " to " + names[len(names)-1]
}

// writeSegments emits the methods of the segments. Of short, the short names of the
// plan, their parameters are no part.
func (l *lowering) writeSegments(f *source, recv, name string, short map[string]string) {
	for _, s := range l.segments {
		if len(s.lines) == 0 {
			continue
		}
		own := []string{"c", "a"}
		if s.Channels > 0 {
			f.p("// %s%d computes %s, for group number group of %d channels of all images:", name, s.number, l.stages(s), s.Channels)
			f.p("// c runs the kernels, a is the arena of these channels.")
			f.p("func (%s) %s%d(c *kernel.Ctx, a []float32, group, _ int) {", recv, name, s.number)
		} else {
			own = append(own, "n")
			f.p("// %s%d computes %s, for the images from first on of a batch, n at once: c runs the", name, s.number, l.stages(s))
			f.p("// kernels, a is the arena of these images.")
			f.p("func (%s) %s%d(c *kernel.Ctx, a []float32, first, n int) {", recv, name, s.number)
		}
		short := maps.Clone(short)
		maps.DeleteFunc(short, func(name, _ string) bool { return slices.Contains(own, name) })
		locals(f, s.lines, short)
		for _, line := range s.lines {
			f.p("%s", line)
		}
		f.p("}")
		f.p("")
	}
}

// writeGroupNeeds emits the scratch of the segments: before that of the plan, so that
// what a group shares is known apart.
func (l *lowering) writeGroupNeeds(f *source) {
	for _, s := range l.segments {
		if len(s.needs) == 0 {
			continue
		}
		f.p("{")
		if s.Images > 0 {
			f.p("n := min(n, %d)", s.Images)
		}
		for _, need := range unique(s.needs) {
			f.p("most(%s)", need)
		}
		f.p("}")
	}
	f.p("group = shared")
}

// groupArena returns the floats of the largest arena of a group.
func (l *lowering) groupArena() string {
	var sizes []string
	for _, s := range l.segments {
		n, ok := sizeOf(s.Size, l.batch)
		if !ok {
			l.bug("segment %d of %s has %s bytes of storage", s.number, l.fn.Name, s.Size)
		}
		n = n.ceilDiv(4)
		switch {
		case s.Channels > 0:
			sizes = append(sizes, n.String())
		case s.Images == 1:
			sizes = append(sizes, fmt.Sprint(n.at(1)))
		default:
			sizes = append(sizes, n.in(fmt.Sprintf("min(n, %d)", s.Images)))
		}
	}
	if len(sizes) == 1 {
		return sizes[0]
	}
	return "max(" + strings.Join(sizes, ", ") + ")"
}

// arenaFloats returns the floats of the arena as a Go expression in n.
func (l *lowering) arenaFloats() string {
	if arena, ok := sizeOf(l.fn.Memory.Arena, l.batch); ok {
		return arena.ceilDiv(4).String()
	}
	return "(" + newSizeNames(l.fn, l.batch).text(l.fn.Memory.Arena) + ")/4"
}

// arenaAt evaluates the arena for n images.
func (l *lowering) arenaAt(n int64) int64 {
	bytes, err := l.fn.Memory.Arena.Eval(map[string]int64{l.batch: n})
	if err != nil {
		l.bug("the arena of %s is %s", l.fn.Name, l.fn.Memory.Arena)
	}
	return bytes
}
