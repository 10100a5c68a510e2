package kernel

// Packer is a plan that lays weights out for its runs.
type Packer interface {
	Pack(dst, w []float32)
}

// PartPacker is a Packer that can do it in parts, which write disjoint memory.
type PartPacker interface {
	Packer
	PackParts() (parts, work int) // and the work of all, in the unit of Run
	PackPart(dst, w []float32, part int)
}

// Pack lays out the weights of a plan on the threads of c, where they can share it. A
// training step does it for weights that the step before has changed.
func Pack(c *Ctx, plan Packer, dst, w []float32) {
	p, ok := plan.(PartPacker)
	if !ok {
		c.flush() // what the step still reads may lie in dst
		plan.Pack(dst, w)
		return
	}
	t := TaskOf[packTask](c)
	*t = packTask{p, dst, w}
	parts, work := p.PackParts()
	c.run(parts, work, t)
	*t = packTask{}
}

type packTask struct {
	plan   PartPacker
	dst, w []float32
}

// Chunk packs one part.
func (t *packTask) Chunk(_, part int) { t.plan.PackPart(t.dst, t.w, part) }

// packWork is the work of a weight, in the unit of Run: it is read and written far from
// its neighbours.
const packWork = 16
