package blocked

import "github.com/netc-lang/netc/runtime/kernel"

// A depthwise convolution of few blocks of many images is a group of channels of a
// training step (decision 0016). Its kernels then do the images of one block in a call,
// rather than the blocks of one image: what they call blocks are the images, and the
// weights are the same for all of them.

// manyImages reports whether n images of f, or of the gradient that ends as f does, are
// better done block by block. Activations that kernels do not know and padding channels
// are left to what goes image by image.
func (f *ConvConfig) manyImages(n int) bool { return manyImages(f.Out, &f.Epilogue, f.ISA, n) }

func (f *ConvDXConfig) manyImages(n int) bool { return manyImages(f.Out, &f.Epilogue, f.ISA, n) }

func manyImages(out Map, e *kernel.Epilogue, isa kernel.ISA, n int) bool {
	return n > out.Blocks() && out.C%Block == 0 && isa != kernel.Generic && !endingOf(e).after
}

// imageRuns cuts n images of a block, of some work each, into chunks.
type imageRuns struct{ n, images, runs int }

func runsOf(n, work int) imageRuns {
	images := min(n, max(1, bandWork/work))
	return imageRuns{n, images, ceilDiv(n, images)}
}

// of returns the images and the block of a chunk.
func (r *imageRuns) of(chunk int) (first, images, block int) {
	first = chunk % r.runs * r.images
	return first, min(r.images, r.n-first), chunk / r.runs
}

// byImage makes the steps from block to block those from image to image.
func (a *depthwiseArgs) byImage(images int, in, out, residual Map) {
	a.blocks, a.wblock, a.biasblock = images, 0, 0
	a.xblock, a.yblock, a.rblock = 4*in.Step(), 4*out.Step(), 4*residual.Step()
}

// zeroImages writes the halo of a block of some images.
func (m Map) zeroImages(data []float32, first, images, block int) {
	m.zeroPlanes(data[first*m.Step()+block*m.Plane():], images, m.Step(), 0, 0, m.H)
}

func (d *depthwise) runImages(c *kernel.Ctx, call convCall) {
	t := kernel.TaskOf[depthwiseImagesTask](c)
	f, s := d.f, &d.f.Shape
	*t = depthwiseImagesTask{
		depthwiseTask: depthwiseTask{depthwise: d, convCall: call, ctx: c},
		imageRuns:     runsOf(call.n, f.Out.H*f.Out.W*Block*s.R*s.S),
	}
	c.Run(f.Out.Blocks()*t.runs, call.n*max(s.MACs(), 4*(f.In.Size()+f.Out.Size())), t)
}

type depthwiseImagesTask struct {
	depthwiseTask
	imageRuns
}

// Chunk computes a block of some images.
func (t *depthwiseImagesTask) Chunk(_, chunk int) {
	f := t.f
	first, images, block := t.of(chunk)
	a := t.args(first, block, 0)
	a.rows = f.Out.H
	if f.Epilogue.Bias {
		a.bias = &t.bias[block*Block]
	}
	a.byImage(images, f.In, f.Out, f.Residual)
	a.run(t.shape, t.isa)
	f.Out.zeroImages(t.y, first, images, block)
}

func (d *depthwiseDX) runImages(c *kernel.Ctx, call convCall) {
	t := kernel.TaskOf[depthwiseDXImagesTask](c)
	f, s := d.f, &d.f.Shape
	*t = depthwiseDXImagesTask{
		depthwiseDXTask: depthwiseDXTask{d: d, convCall: call, ctx: c},
		imageRuns:       runsOf(call.n, f.In.H*f.In.W*Block*s.R*s.S),
	}
	c.Run(f.Out.Blocks()*t.runs, call.n*max(s.MACs(), 4*(f.In.Size()+f.Out.Size())), t)
}

type depthwiseDXImagesTask struct {
	depthwiseDXTask
	imageRuns
}

// Chunk computes a block of some images.
func (t *depthwiseDXImagesTask) Chunk(_, chunk int) {
	d, f := t.d, t.d.f
	first, images, block := t.of(chunk)
	if d.halving {
		a := t.backArgs(first, block)
		a.blocks, a.wb = images, 0
		a.xb, a.yb = 4*f.In.Step(), 4*f.Out.Step()
		a.run(f.ISA)
	} else {
		for i := range d.classes {
			c := &d.classes[i]
			a := t.args(c, first, block)
			a.bias = &noBias[0]
			if t.bias != nil {
				a.bias = &t.bias[block*Block]
			}
			a.byImage(images, f.In, f.Out, f.Residual)
			a.run(c.shape, f.ISA)
		}
	}
	f.Out.zeroImages(t.y, first, images, block)
}
