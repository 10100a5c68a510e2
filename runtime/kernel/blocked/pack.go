package blocked

import "github.com/netc-lang/netc/runtime/kernel"

// partPacker is a method that lays weights out in parts.
type partPacker interface {
	packParts() int
	packPart(dst, w []float32, part int)
}

// packWork is the work of a weight: they are turned, some at a time.
const packWork = 64

// packParts returns the parts of a method's packing, and the work of all.
func packParts(m convMethod, s *kernel.ConvShape) (parts, work int) {
	parts, work = 1, packWork*s.Weights()
	if p, ok := m.(partPacker); ok {
		parts = p.packParts()
	}
	return parts, work
}

func packPart(m convMethod, dst, w []float32, part int) {
	if p, ok := m.(partPacker); ok {
		p.packPart(dst, w, part)
		return
	}
	m.pack(dst, w)
}

// PackParts returns the parts that Pack can be done in.
func (p *Conv) PackParts() (parts, work int) { return packParts(p.method, &p.Shape) }

// PackPart does one part of Pack.
func (p *Conv) PackPart(dst, w []float32, part int) {
	p.checkPack(dst, w)
	packPart(p.method, dst, w, part)
}

// PackParts returns the parts that Pack can be done in.
func (p *ConvDX) PackParts() (parts, work int) { return packParts(p.method, &p.Shape) }

// PackPart does one part of Pack.
func (p *ConvDX) PackPart(dst, w []float32, part int) {
	p.checkPack(dst, w)
	packPart(p.method, dst, w, part)
}

// Parts of the transform of Winograd are groups of outputs.
func (w *convWinograd) packParts() int { return w.outs }

func (w *convWinograd) pack(dst, weights []float32) {
	for g := range w.outs {
		w.packPart(dst, weights, g)
	}
}

// Parts of Direct are strips of outputs.
func (d *convDirect) packParts() int {
	if d.f.Shape.Groups > 1 {
		return 1
	}
	return len(d.order.strips)
}

func (d *convDirect) packPart(dst, w []float32, part int) {
	if d.f.Shape.Groups > 1 {
		d.pack(dst, w)
		return
	}
	d.order.packStrips(dst, w, d.order.walk, part, part+1)
}
