package blocked

import "github.com/netc-lang/netc/runtime/kernel/tiles"

// lookFrom are the bytes of an operand that no near cache has.
const lookFrom = 512 << 10

// look lists what the products of step k fetch: what the sums of the next one read, and where its
// own results go if they are complete.
func (w *strassenWorker) look(k, next strassenStep, more bool) {
	f, v := w.f, &w.view
	streams := w.strips(k.unit)
	w.fetches = w.fetches[:0]
	if more && 4*w.order.len() >= lookFrom {
		from, half, mate := w.weightsAt(next.unit, next.b), w.ins*w.order.block(), w.order.len()/2
		for _, q := range [4]int{0, half, mate, mate + half} {
			w.fetch(streams, w.packed[from+q:], w.summed(next.b)*w.order.block(), w.strips(next.unit), w.strip())
		}
	}
	if more && 4*w.n*f.In.Step() >= lookFrom && w.enters(k, next) {
		for half := range 2 {
			w.fetchMap(streams, &w.inAt, &f.In, w.x, next, half*w.ins+next.b, w.summed(next.b), f.Shape.StrideH)
		}
	}
	if w.last(k) {
		first, blocks := w.blocks(k.unit)
		for _, b := range [2]int{first, w.half() + first} {
			for _, o := range [3]struct {
				flag uint64
				at   *mates
				m    *Map
				data []float32
			}{{0, &w.outAt, &v.out, w.y}, {endResidual, &w.residualAt, &v.residual, w.residual}, {endGated, &w.gateAt, &v.gate.Map, w.gate}} {
				if w.side.Flags&o.flag == o.flag && 4*w.n*o.m.Step() >= lookFrom {
					w.fetchMap(streams, o.at, o.m, o.data, k, b, blocks, 1)
				}
			}
		}
	}
	w.more = w.fetches
}

// fetchMap lists the lines of a step in some blocks of a map.
func (w *strassenWorker) fetchMap(streams int, at *mates, m *Map, data []float32, k strassenStep, first, blocks, stride int) {
	p0, p1 := w.rows(k.line, k.lines)
	long := (p1 - p0) * stride * m.Row()
	for i := range k.pictures {
		from := at.at(m, k.picture+i, first, k.line)
		w.fetch(streams, data[from:], long, blocks, m.Plane())
		if w.kind == mateImages {
			w.fetch(streams, data[from+at.mate:], long, blocks, m.Plane())
		}
	}
}

// fetch lists count runs of some floats, step floats apart, in so many streams.
func (w *strassenWorker) fetch(streams int, data []float32, floats, count, step int) {
	for i := 0; i < count; i += streams {
		w.fetches = append(w.fetches, tiles.Fetch{At: &data[i*step], Step: 4 * step, Taps: ceilDiv(4*floats, tiles.FetchBytes)})
	}
}
