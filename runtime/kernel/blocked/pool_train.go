package blocked

import "github.com/netc-lang/netc/runtime/kernel"

// Positions returns the bytes that the positions of n images span:
// [N][C/8][P][Q][8].
func (p *Pool) Positions(n int) int {
	if n == 0 {
		return 0
	}
	image := p.Out.Blocks() * p.Out.H * p.Out.W * Block
	return (n-1)*max(p.At, image) + image
}

// RunAt is Run of a maximum for training: at receives the position r·S + s of the
// first maximum inside its window. Windows have at most 256 positions.
func (p *Pool) RunAt(c *kernel.Ctx, n int, y []float32, at []uint8, x []float32) {
	p.Out.checkLen(y, n)
	p.In.checkLen(x, n)
	p.checkPositions(n, at)
	p.train(c, n, poolTrainTask{p: p, large: x, small: y, at: at})
}

// RunDX is the gradient: each dy goes to the position that at names, or in equal
// shares to the positions of its window. All of dx is written, halo and padding
// channels included.
func (p *Pool) RunDX(c *kernel.Ctx, n int, dx []float32, at []uint8, dy []float32) {
	p.In.checkLen(dx, n)
	p.Out.checkLen(dy, n)
	if p.Max {
		p.checkPositions(n, at)
	}
	p.train(c, n, poolTrainTask{p: p, large: dx, small: dy, at: at, backward: true})
}

func (p *Pool) checkPositions(n int, at []uint8) {
	if len(at) < p.Positions(n) || p.Shape.R*p.Shape.S > 256 {
		panic("blocked: the positions of a maximum are missing, or more than a byte names")
	}
}

func (p *Pool) train(c *kernel.Ctx, n int, task poolTrainTask) {
	t := kernel.TaskOf[poolTrainTask](c)
	*t = task
	c.Run(n*p.Out.Blocks(), n*(4*p.In.Size()+2*p.Out.Size()*p.Shape.R*p.Shape.S), t)
}

// poolTrainTask has the operands of the side of the image and of the results.
type poolTrainTask struct {
	p            *Pool
	large, small []float32
	at           []uint8
	backward     bool
}

// Chunk does one block of one image.
func (t *poolTrainTask) Chunk(_, chunk int) {
	f := &t.p.PoolConfig
	image, block := chunk/f.Out.Blocks(), chunk%f.Out.Blocks()
	var at []uint8
	if t.at != nil {
		size := f.Out.H * f.Out.W * Block
		at = t.at[image*max(f.At, f.Out.Blocks()*size)+block*size:][:size]
	}
	if t.backward {
		clear(t.large[f.In.At(image, block, -f.In.Halo, -f.In.Halo):][:f.In.Plane()])
	} else {
		f.Out.ZeroHalo(t.small, image, block, block+1)
	}
	for _, rows := range t.p.rows {
		for _, cols := range t.p.cols {
			if f.ISA == kernel.Generic {
				t.generic(rows, cols, at, image, block)
			} else {
				t.windows(rows, cols, at, image, block)
			}
		}
	}
}

// windows does what two runs have in common.
func (t *poolTrainTask) windows(rows, cols poolRun, at []uint8, image, block int) {
	f := &t.p.PoolConfig
	a := f.args(rows, cols)
	a.x = &t.large[f.In.At(image, block, rows.in, cols.in)]
	a.y = &t.small[f.Out.At(image, block, rows.out, cols.out)]
	a.tiles = cols.n
	if at != nil {
		a.at, a.atrow = &at[(rows.out*f.Out.W+cols.out)*Block], f.Out.W*Block
	}
	a.first = rows.clipped*f.Shape.S + cols.clipped
	a.skip = f.Shape.S - cols.taps
	a.train(f.Max, t.backward)
}

// generic is windows in plain loops: the definition.
func (t *poolTrainTask) generic(rows, cols poolRun, at []uint8, image, block int) {
	f := &t.p.PoolConfig
	s := &f.Shape
	for i := range rows.n {
		for j := range cols.n {
			p, q := rows.out+i, cols.out+j
			pixel := t.small[f.Out.At(image, block, p, q):][:Block]
			for lane := range pixel {
				best, pos := float32(0), -1
				for r := range rows.taps {
					for k := range cols.taps {
						v := &t.large[f.In.At(image, block, rows.in+i*s.StrideH+r, cols.in+j*s.StrideW+k)+lane]
						here := (rows.clipped+r)*s.S + cols.clipped + k
						switch {
						case t.backward && !f.Max:
							*v += pixel[lane] / float32(rows.cells*cols.cells)
						case t.backward && here == int(at[(p*f.Out.W+q)*Block+lane]):
							*v += pixel[lane]
						case !t.backward && (pos < 0 || *v > best):
							best, pos = *v, here
						case !t.backward && *v != *v:
							best = *v
						}
					}
				}
				if !t.backward {
					pixel[lane], at[(p*f.Out.W+q)*Block+lane] = best, uint8(pos)
				}
			}
		}
	}
}
