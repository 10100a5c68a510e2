package blocked

import "slices"

// Balance returns the work of the busiest of some threads over n images, as a part of an
// even share of it, where threads take chunks as [parallel.Pool] gives them: so many
// threads are at most threads/Balance times as fast as one. It follows from the cut
// alone, not from the machine. The loops that define a convolution do not tell: 0.
func (p *Conv) Balance(n, threads int) float64 { return balanceBy(p.method, n, threads) }

// Balance returns what [Conv.Balance] does, for the gradient of an input.
func (p *ConvDX) Balance(n, threads int) float64 { return balanceBy(p.method, n, threads) }

func balanceBy(method any, n, threads int) float64 {
	cut, ok := method.(interface{ loads(n, threads int) [][]int })
	if !ok {
		return 0
	}
	return balanceOf(cut.loads(n, 1), cut.loads(n, threads), threads)
}

// balanceOf compares what the busiest of some threads does with what one alone does.
func balanceOf(alone, shared [][]int, threads int) float64 {
	all := 0
	for _, chunks := range alone {
		all += sum(chunks)
	}
	return float64(busiest(shared, threads)*threads) / float64(all)
}

// balance is the share of the busiest of some threads in one run.
func balance(chunks []int, threads int) float64 {
	return float64(busiest([][]int{chunks}, threads)*threads) / float64(sum(chunks))
}

// busiest adds up what the busiest of some threads does in each of some runs.
func busiest(runs [][]int, threads int) (total int) {
	for _, chunks := range runs {
		took := make([]int, threads)
		left := make([][]int, threads) // of each thread's own share
		for i := range left {
			left[i] = chunks[len(chunks)*i/threads : len(chunks)*(i+1)/threads]
		}
		for range chunks {
			free := 0
			for i := range took {
				if took[i] < took[free] {
					free = i
				}
			}
			took[free] += next(left, free)
		}
		total += slices.Max(took)
	}
	return total
}

func sum(v []int) (total int) {
	for _, x := range v {
		total += x
	}
	return total
}

// next takes the first chunk of thread i's own share, or the last of the next thread
// that has some left.
func next(left [][]int, i int) int {
	if own := left[i]; len(own) > 0 {
		left[i] = own[1:]
		return own[0]
	}
	for len(left[i]) == 0 {
		i = (i + 1) % len(left)
	}
	last := len(left[i]) - 1
	work := left[i][last]
	left[i] = left[i][:last]
	return work
}

// pieces cuts count things into pieces of some, and weighs each by a factor.
func pieces(count, some, factor int) []int {
	var out []int
	for at := 0; at < count; at += some {
		out = append(out, min(some, count-at)*factor)
	}
	return out
}

// loads are the runs of a call, the work of each chunk of them, in any unit.
func (d *convDirect) loads(n, threads int) [][]int {
	c := &d.cut
	chunks := make([]int, 0, d.chunks(n))
	for chunk := range d.chunks(n) {
		band, part := d.place(chunk, n, threads)
		images := min(c.images, n-band/c.bands*c.images)
		rows := min(c.rows, d.f.Out.H-band%c.bands*c.rows)
		outs := 0
		for _, u := range d.units[part*c.units : min((part+1)*c.units, len(d.units))] {
			outs += u.vecs * u.isa.Lanes()
		}
		chunks = append(chunks, images*rows*outs)
	}
	return [][]int{chunks}
}

// loads of few images are those of the first class, whose rows and channels the others have.
func (d *convDXDirect) loads(n, threads int) [][]int { return d.classes[0].loads(n, threads) }

func (d *depthwiseDX) loads(n, _ int) [][]int {
	var chunks []int
	for range n {
		chunks = append(chunks, pieces(d.f.Out.Blocks(), d.group, 1)...)
	}
	return [][]int{chunks}
}

func (d *convStem) loads(n, _ int) [][]int {
	var chunks []int
	for range n {
		chunks = append(chunks, pieces(d.f.Out.H, d.rows, 1)...)
	}
	return [][]int{chunks}
}

func (w *convWinogradRow) loads(n, _ int) [][]int {
	var chunks []int
	for range n {
		chunks = append(chunks, pieces(w.f.Out.H, w.rows, 1)...)
	}
	return [][]int{chunks}
}

func (d *depthwise) loads(n, _ int) [][]int {
	var chunks []int
	for chunk := range n * d.groups * d.bands {
		band, group, _ := d.place(chunk)
		rows := min(d.band, d.f.Out.H-band*d.band)
		chunks = append(chunks, rows*min(d.group, d.f.In.Blocks()-group*d.group))
	}
	return [][]int{chunks}
}

// The transforms of the input are about an eighth of the work of 64 channels, and less
// of more; they count as winoEnter outputs.
const winoEnter = 8

// loads counts the transforms of a block to each thread whose share has a part of it.
func (w *convWinograd) loads(n, threads int) [][]int {
	c := w.cutOf(n, threads)
	var chunks []int
	for _, tiles := range pieces(w.tilesOf(n), c.tiles, w.ins) {
		first := len(chunks)
		chunks = append(chunks, pieces(w.outs, c.outs, tiles*tileOuts)...)
		for thread := range threads {
			at := max(first, c.blocks*c.parts*thread/threads)
			if at < min(len(chunks), c.blocks*c.parts*(thread+1)/threads) {
				chunks[at] += tiles * winoEnter
			}
		}
	}
	return [][]int{chunks}
}
