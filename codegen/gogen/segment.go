package gogen

import (
	"fmt"
	"strings"

	"github.com/netc-lang/netc/ir"
)

// segment is the code of a run of instructions that groups of images go through one
// after the other, or side by side: a method whose n is the images of a group, the
// first of which is number first of the batch, whose a is the arena of the group and
// whose c runs its kernels.
type segment struct {
	*ir.Segment
	number int // from 1
	lines  []string
	needs  []string
	at     int // line of the plan that calls it
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
		l.segments = append(l.segments, l.group)
	}
}

// ofBatch returns the elements of v, which outlives the segment, of the whole batch.
func (l *lowering) ofBatch(v *ir.Value) string {
	off, ok := sizeOf(v.Mem.Offset, l.batch)
	if !ok || off.slope%4 != 0 || off.fixed%4 != 0 {
		l.bug("value %%%d of %s has offset %s", v.ID, l.fn.Name, v.Mem.Offset)
	}
	return within("s.a", v.Type.DType, size{slope: off.slope / 4, fixed: off.fixed / 4}, l.stored(v), func(s size) string { return s.in("s.n") })
}

// ofGroup returns from e, the place of v for the whole batch, what belongs to the images
// of the group.
func (l *lowering) ofGroup(v *ir.Value, e string) string {
	bytes, ok := v.ByImage(l.batch)
	outlives := v.Mem.Space == ir.InputSpace || v.Mem.Space == ir.ArenaSpace && v.Mem.Segment == 0
	if !ok || !outlives || v.Def != nil && isView(v.Def) {
		return e // the operand of a view is cut already
	}
	step := bytes / int64(v.Type.DType.Size())
	if v.Mem.Step != 0 {
		step = v.Mem.Step / 4
	}
	return fmt.Sprintf("%s[%s:][:%s]", e, size{slope: step}.in("first"), l.stored(v))
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
		lines = append(lines,
			"// "+l.stages(s)+": "+groupText(s.Images),
			fmt.Sprintf("kernel.ByGroups(c, n, %d, %d, a[%s:], s, (%s).%s%d)", s.Images, l.groupWork(s), size{slope: off.slope / 4, fixed: off.fixed / 4}, recv, name, s.number))
	}
	return append(lines, l.lines[from:]...)
}

// groupText says how many images a group has.
func groupText(n int64) string {
	if n == 1 {
		return "one image at a time"
	}
	return fmt.Sprintf("up to %d images at a time", n)
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

// writeSegments emits the methods of the segments.
func (l *lowering) writeSegments(f *source, recv, name string) {
	for _, s := range l.segments {
		if len(s.lines) == 0 {
			continue
		}
		f.p("// %s%d computes %s, for the images from first on of a batch, n at once: c runs the", name, s.number, l.stages(s))
		f.p("// kernels, a is the arena of these images.")
		f.p("func (%s) %s%d(c *kernel.Ctx, a []float32, first, n int) {", recv, name, s.number)
		locals(f, s.lines, map[string]string{"m": "s.m"})
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
		f.p("n := min(n, %d)", s.Images)
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
		if s.Images == 1 {
			sizes = append(sizes, fmt.Sprint(n.at(1)))
		} else {
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
