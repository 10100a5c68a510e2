package blocked

import (
	"github.com/netc-lang/netc/runtime/kernel"
	"github.com/netc-lang/netc/runtime/kernel/tiles"
)

type chainTask struct {
	*Chain
	ctx            *kernel.Ctx
	chunks         int // of an image
	y, x, residual []float32
	w              [MostChained]ChainWeights
	seats          []chainSeat
}

// chainSeat is what a worker has of the maps between.
type chainSeat struct {
	next  int              // the chunk that goes on where the last one ended
	above [MostChained]int // rows of a map before those that there is room for
	end   [MostChained]int // behind the last row that is there
	_     [8]int           // no line is shared
}

// Chunk computes some rows of the last result of one image, in steps of about one size. A
// worker that has done those before finds there what both need.
func (t *chainTask) Chunk(worker, chunk int) {
	image, band := chunk/t.chunks, chunk%t.chunks
	seat := &t.seats[worker]
	if band == 0 || seat.next != chunk {
		seat.above, seat.end = [MostChained]int{}, [MostChained]int{}
	}
	seat.next = chunk + 1
	scratch := t.ctx.Scratch(worker, t.ends+t.floats)
	first, end := t.height*band/t.chunks, t.height*(band+1)/t.chunks
	steps := ceilDiv(end-first, t.step)
	for i := range steps {
		t.rows(seat, scratch, worker, image, first+(end-first)*i/steps, first+(end-first)*(i+1)/steps)
	}
}

// rows computes rows [p0, p1) of the last result, and what they need of the others.
func (t *chainTask) rows(seat *chainSeat, scratch []float32, worker, image, p0, p1 int) {
	last := len(t.stages) - 1
	var want [MostChained][2]int
	want[last] = [2]int{p0, p1}
	for i := last; i > 0; i-- {
		st := &t.stages[i]
		want[i-1] = window(want[i][0], want[i][1], st.stride, st.pad, st.span, 1, st.in.H)
	}
	maps := scratch[t.ends:]
	for i := range t.stages {
		st := &t.stages[i]
		call := convCall{n: 1, packed: t.w[i].Packed, bias: t.w[i].Bias}
		if i == 0 {
			call.x = t.x[image*st.conv.imageIn():]
		} else {
			call.x, call.above.x = maps[t.stages[i-1].at:][:st.in.Size()], seat.above[i-1]
		}
		from, end := p0, want[i][1]
		if i == last {
			call.y = t.y[image*st.out.Step():]
			if st.adds() {
				call.residual = t.residual[image*st.conv.Residual.Step():]
			}
		} else {
			call.y = maps[st.at:][:st.out.Size()]
			from = st.room(seat, i, call.y, want[i])
			call.above.y = seat.above[i]
		}
		st.compute(t.ctx, scratch[:t.ends], worker, from, end, call)
	}
}

// room makes room for rows want of the result y of stage i and returns the first that is
// not there. Rows that are wanted again move to the front.
func (st *chainStage) room(seat *chainSeat, i int, y []float32, want [2]int) (first int) {
	m, above := st.out, &seat.above[i]
	first = max(seat.end[i], want[0])
	seat.end[i] = want[1]
	if want[1]-*above <= st.rows {
		return first
	}
	if again := first - want[0]; again > 0 {
		from, row := want[0]-*above+m.Halo, m.Row()
		for b := range m.planes() {
			plane := y[b*m.Plane():][:m.Plane()]
			copy(plane[m.Halo*row:], plane[from*row:][:again*row])
		}
	}
	*above = want[0]
	return first
}

// compute computes rows [p0, p1) of the image of call.
func (st *chainStage) compute(c *kernel.Ctx, scratch []float32, worker, p0, p1 int, call convCall) {
	if p0 >= p1 {
		return
	}
	if p := st.pool; p != nil {
		t := poolTask{p: p, y: call.y, x: call.x, above: call.above}
		t.some(0, 0, p.Out.Blocks(), p0, p1)
		return
	}
	switch m := st.conv.method.(type) {
	case *convDirect:
		t := directTask{convDirect: m, convCall: call, ctx: c, threads: 1}
		t.some(0, len(m.units), scratch[:tiles.MaxOuts], 0, 1, p0, p1)
		t.end.finishBelow(&m.f.Epilogue, m.f.ISA, m.f.Out, call.y, call.above.y, 0, 0, m.f.Out.Blocks(), p0, p1)
	case *depthwise:
		t := depthwiseTask{depthwise: m, convCall: call, ctx: c}
		t.some(worker, 0, 0, m.f.Out.Blocks(), p0, p1)
	case *convStem:
		t := stemTask{convStem: m, convCall: call, ctx: c}
		for ; p0 < p1; p0 += m.rows {
			t.some(scratch, 0, p0, min(p0+m.rows, p1))
		}
	case *convWinogradRow:
		t := winoRowTask{convWinogradRow: m, convCall: call, ctx: c}
		for i, parts := 0, ceilDiv(p1-p0, m.rows); i < parts; i++ {
			t.some(scratch, 0, p0+(p1-p0)*i/parts, p0+(p1-p0)*(i+1)/parts)
		}
	default:
		panic("blocked: an algorithm that computes no rows by themselves")
	}
}
