package blocked

import "github.com/netc-lang/netc/runtime/kernel"

// depthwiseDX is the backward-data convolution of a filter for each channel: a
// forward one of stride 1 with the filter turned round, over dy with zeros between
// its pixels and around them. The zeros are put in plane by plane, in cache.
type depthwiseDX struct {
	f      *ConvDXConfig
	inner  *depthwise // of one block
	config ConvConfig
	end    ending
}

// newDepthwiseDX returns nil where the turned filter has no padding that a shape can
// say: padding beyond its window.
func newDepthwiseDX(f *ConvDXConfig) *depthwiseDX {
	s := &f.Shape
	top, left := s.DilH*(s.R-1)-s.PadTop, s.DilW*(s.S-1)-s.PadLeft
	if s.Groups != s.C || s.O != s.C || top < 0 || left < 0 {
		return nil
	}
	bottom, right := s.DilH*(s.R-1)-top, s.DilW*(s.S-1)-left
	d := &depthwiseDX{f: f, end: endingOf(&f.Epilogue)}
	halo := max(top, left, bottom, right)
	out := f.Out
	out.C = Block
	d.config = ConvConfig{
		Shape: kernel.ConvShape{C: Block, H: s.H, W: s.W, O: Block, R: s.R, S: s.S, StrideH: 1, StrideW: 1, DilH: s.DilH, DilW: s.DilW, Groups: Block,
			PadTop: top, PadLeft: left, PadBottom: bottom, PadRight: right},
		In: Map{C: Block, H: s.H, W: s.W, Halo: halo}, Out: out,
		Epilogue: f.Epilogue, Residual: f.Residual, ISA: f.ISA,
	}
	d.config.Residual.C = Block
	d.inner = newDepthwise(&d.config)
	return d
}

func (d *depthwiseDX) packedLen() int { return d.f.Out.Blocks() * d.f.Shape.R * d.f.Shape.S * Block }

func (d *depthwiseDX) pack(dst, w []float32) {
	taps := d.f.Shape.R * d.f.Shape.S
	clear(dst[:d.packedLen()])
	for ch := range d.f.Shape.C {
		for tap := range taps {
			dst[(ch/Block*taps+taps-1-tap)*Block+ch%Block] = w[ch*taps+tap]
		}
	}
}

// weightAt is where the weight of a tap lies.
func (d *depthwiseDX) weightAt(_, _, _, ch, r, k int) int {
	taps := d.f.Shape.R * d.f.Shape.S
	return (ch/Block*taps+taps-1-(r*d.f.Shape.S+k))*Block + ch%Block
}

// need is the plane that the inner convolution reads, and the biases of a block.
func (d *depthwiseDX) need(int) (perWorker, shared int) { return d.config.In.Size() + Block, 0 }

func (d *depthwiseDX) run(c *kernel.Ctx, call convCall) {
	t := kernel.TaskOf[depthwiseDXTask](c)
	*t = depthwiseDXTask{d: d, convCall: call, ctx: c}
	s := &d.f.Shape
	work := max(s.C*s.H*s.W*s.R*s.S, 4*d.f.Out.Size())
	c.Run(call.n*d.f.Out.Blocks(), call.n*work, t)
}

type depthwiseDXTask struct {
	d *depthwiseDX
	convCall
	ctx *kernel.Ctx
}

// Chunk computes one block of one image.
func (t *depthwiseDXTask) Chunk(worker, chunk int) {
	d, f := t.d, t.d.f
	s, in, out := &f.Shape, d.config.In, f.Out
	image, block := chunk/out.Blocks(), chunk%out.Blocks()
	plane := t.ctx.Scratch(worker, in.Size()+Block)
	plane, bias := plane[:in.Size()], plane[in.Size():]
	clear(plane)
	for p := range f.In.H {
		row := t.x[f.In.At(image, block, p, 0):][:f.In.W*Block]
		to := plane[in.At(0, 0, p*s.StrideH, 0):]
		if p*s.StrideH >= s.H+in.Halo {
			break
		}
		for q := range f.In.W {
			if at := q * s.StrideW * Block; at < (s.W+in.Halo)*Block {
				copy(to[at:][:Block], row[q*Block:])
			}
		}
	}
	call := convCall{n: 1, y: t.y[image*out.Step()+block*out.Plane():], x: plane, packed: t.packed[block*s.R*s.S*Block:]}
	if t.bias != nil {
		padBias(bias, t.bias, block*Block)
		call.bias = bias
	}
	if t.residual != nil {
		call.residual = t.residual[image*f.Residual.Step()+block*f.Residual.Plane():]
	}
	inner := depthwiseTask{depthwise: d.inner, convCall: call, ctx: t.ctx}
	for band := range d.inner.bands {
		inner.Chunk(worker, band)
	}
	if rest := s.C - block*Block; d.end.dirty && rest < Block {
		for p := range out.H {
			pixels := t.y[out.At(image, block, p, 0):][:out.W*Block]
			for q := 0; q < len(pixels); q += Block {
				clear(pixels[q+rest : q+Block])
			}
		}
	}
}
