package kernel

import (
	"bytes"
	"fmt"
	"go/format"

	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// The direct kernel convolves maps of the blocked layout: a tile of results, some
// pixels by some vectors of output channels, stays in registers while every tap of
// the window passes by. A matrix product is the same thing: pixels are rows, taps
// are runs of the contracted index.
//
//	y[i,j] = act(start[i,j] + Σ_{t<taps} Σ_{c<steps} x[pixel i + tap t + 4·c] · w[j][t][c])
//	start  = bias[j], or the y of an earlier call; plus the residual
//
// In place of act a gate may choose: y is 0 where another map is not between two bounds.
//
// More taps of one step each follow, for channels that fill no block.
//
// Neither pixels nor taps need to be neighbours: both come from tables of
// distances in bytes that the plan made. So one kernel serves every kernel size,
// stride, dilation and padding, a tile may run over the end of a row, and a width
// that no tile divides costs nothing.
//
//	x   a pixel is a broadcast at base i + tap; steps of 4 bytes: the 8 channels of
//	    a block, or the columns of a filter row over a plain picture
//	w   [taps][steps][16], then [single][16], for every 16 output channels, wstream bytes apart
//	y   [blocks of 8 channels], plane bytes apart; an AVX-512 vector is two blocks, or a
//	    double block, 2·plane bytes from the next one
//
// Each y is one chain of fused multiply-adds in the order of (t, c), so results do
// not depend on how pixels were cut into tiles, and a sum continued from memory has
// the same bits as an unbroken one.
//
// How tiles end stands in direct_last.go, and how those of AVX-512 do with half a vector of
// channels in direct_pairs.go.
//
// Twin: convLoops of runtime/kernel/blocked. Design: Georganas et al. 2018,
// arXiv:1808.05567 (register tiles over pixels and channels).
//
// Registers, inside the loop over taps:
//
//	R8.. R14     bases of the pixels, and CX DI SI where these are free
//	AX  tap      DX  cursor in taps      BX  weights
//	CX  wstream  DI  3·wstream (four streams)
//	V0..  sums, pixel by pixel; then weights, then broadcasts
//
// and outside of it DI arguments, SI pixel table, AX cursor, CX plane.

// DirectFields are the fields of the argument block, 8 bytes each, in order.
var DirectFields = []string{
	"X", "W", "Y", "Bias", "Res",
	"Pixels", "Tiles", "Taps", "TapsCount", "Single",
	"Wstream", "Plane", "ResPlane", "Flags",
	"Lo", "Hi", "Alpha",
	"Ahead", "AheadTaps", "AheadStep", "AheadBytes",
	"Gate", "GatePlane", "Beside",
}

// Flags of a direct call.
const (
	DirectResidual   = 1 << iota // res is added at the start
	DirectLow                    // values below lo become lo
	DirectHigh                   // values above hi become hi
	DirectLeaky                  // negative values are multiplied by alpha
	DirectAccumulate             // sums start from y, else from bias
	DirectHalf                   // the last vector has one block of channels only (AVX-512)
	DirectGated                  // results are 0 where the gate is not between lo and hi
	DirectFar                    // the residual comes from memory
	DirectFarX                   // and so does x, in which pixels are neighbours
	DirectFarY                   // y, from which sums start, lies beyond the second cache
	DirectDouble                 // the two blocks of an AVX-512 vector lie side by side in y
)

// directPixel is the size of an entry of the pixel table: the distances of a pixel
// in x, y, the residual and the gate, 32 bits each.
const directPixel = 16

// directStem is the steps of a tap over a plain picture that kernels are unrolled
// for: the columns of a filter row.
var directStem = []int{3, 7}

// DirectTile returns the most pixels of a tile of some vectors: accumulators,
// weights and at least one broadcast fill the registers, and each pixel has a base
// register.
func DirectTile(s ISA, vecs int) int {
	if s.Lanes == 16 {
		return [...]int{0, 10, 8, 8, 6}[vecs]
	}
	return [...]int{0, 10, 6, 4, 3}[vecs]
}

// DirectSize is the size of a direct kernel: tiles of some pixels and vectors of channels, and
// the steps of a tap. If Paired, the last vector has one block of channels, of two pixels.
type DirectSize struct {
	Pixels, Vecs, Steps int
	Paired              bool
}

// blocks returns the blocks of channels of a tile.
func (z DirectSize) blocks(s ISA) int {
	blocks := z.Vecs * s.Lanes / vecLanes
	if z.Paired {
		blocks--
	}
	return blocks
}

// Name returns the name of the kernel of a size.
func (z DirectSize) Name(s ISA) string {
	return fmt.Sprintf("direct%d_f32_%s_%dx%d", z.Steps, s.Name, z.Pixels, z.blocks(s)*vecLanes)
}

type direct struct {
	asm
	s                   ISA
	pixels, vecs, steps int
	paired              bool
	local               operand.Mem
	loads               int // for labels of their own
}

// directSizes visits the sizes of every direct kernel. Plain pictures are large, so
// that their unrolled kernels come in the two sizes of tiles that many pixels are
// cut into; single taps of the others serve the rest.
func directSizes(s ISA, visit func(z DirectSize)) {
	for _, steps := range append([]int{vecLanes}, directStem...) {
		for vecs := 1; vecs <= 4; vecs++ {
			most := DirectTile(s, vecs)
			for pixels := 1; pixels <= most; pixels++ {
				if steps == vecLanes || pixels >= most-1 {
					visit(DirectSize{Pixels: pixels, Vecs: vecs, Steps: steps})
				}
				if z := (DirectSize{pixels, vecs, steps, true}); z.pairs(s) {
					visit(z)
				}
			}
		}
	}
}

// directs adds the kernels of one instruction set.
func directs(c *build.Context, s ISA) (err error) {
	directSizes(s, func(z DirectSize) {
		if err == nil {
			err = Direct(c, s, z)
		}
	})
	return err
}

// directCalls writes the Go function that calls the kernel of a size. Calls are
// direct, so that argument blocks stay on the stack.
func directCalls() ([]byte, error) {
	var b bytes.Buffer
	fmt.Fprintf(&b, "// Code generated by codegen/kernel/gen. DO NOT EDIT.\n\n//go:build amd64 && !purego\n\npackage tiles\n\nimport \"unsafe\"\n\n")
	fmt.Fprintf(&b, "// run computes the tiles of a with the kernel of a size.\n")
	fmt.Fprintf(&b, "func (a *Args) run(isa ISA, steps, blocks, pixels int) {\n\tp := (*byte)(unsafe.Pointer(a))\n")
	fmt.Fprintf(&b, "\tswitch int(isa)*10000 + steps*1000 + blocks*100 + pixels {\n")
	for i, s := range ISAs {
		directSizes(s, func(z DirectSize) {
			fmt.Fprintf(&b, "\tcase %d%d%d%02d:\n\t\t%s(p)\n", i+1, z.Steps, z.blocks(s), z.Pixels, z.Name(s))
		})
	}
	fmt.Fprintf(&b, "\tdefault:\n\t\tpanic(\"tiles: no kernel of this size\")\n\t}\n}\n")
	return format.Source(b.Bytes())
}

// Direct adds the kernel of a size.
func Direct(c *build.Context, s ISA, z DirectSize) error {
	if z.Vecs < 1 || z.Vecs > 4 || z.Pixels < 1 || z.Pixels > DirectTile(s, z.Vecs) || z.Paired && !z.pairs(s) {
		return fmt.Errorf("kernel: found a direct tile of %+v, expected what %s has registers for", z, s.Name)
	}
	name := z.Name(s)
	d := &direct{asm: asm{c}, s: s, pixels: z.Pixels, vecs: z.Vecs, steps: z.Steps, paired: z.Paired}
	d.local = begin(c, name, "func(t *byte)",
		fmt.Sprintf("%s computes tiles of %d pixels and %d channels, %d steps a tap.", name, z.Pixels, z.blocks(s)*vecLanes, z.Steps))
	d.enter()
	c.Label("tile")
	d.start()
	d.contract()
	d.epilogue()
	d.store()
	d.advance()
	return nil
}

func (d *direct) arg(name string) operand.Mem { return field(DirectFields, name) }

func (d *direct) acc(i, j int) reg.VecPhysical { return d.s.vec(i*d.vecs + j) }

// spare returns register i of those that hold no sum.
func (d *direct) spare(i int) reg.VecPhysical { return d.s.vec(d.pixels*d.vecs + i) }

// Words of the frame.
func (d *direct) tiles() operand.Mem   { return d.local }
func (d *direct) table() operand.Mem   { return d.local.Offset(8) } // of the tile's pixels
func (d *direct) tapsEnd() operand.Mem { return d.local.Offset(16) }
func (d *direct) end() operand.Mem     { return d.local.Offset(24) } // of single taps
// directBases hold the pixels' bases; a tile of one vector has use for the last two,
// a tile of many streams not.
var directBases = [...]reg.GPPhysical{reg.R8, reg.R9, reg.R10, reg.R11, reg.R12, reg.R13, reg.R14, reg.RCX, reg.RDI, reg.RSI}

// base returns the base register of pixel i. The last pixel's may be SI, the
// table's own register: it is the last to be read.
func (d *direct) base(i int) reg.GPPhysical {
	if i == 7 && d.pixels == 8 {
		return reg.RSI
	}
	return directBases[i]
}

func (d *direct) enter() {
	d.Load(d.Param("t"), reg.RDI)
	d.keep(DirectFields, kept{"Tiles", d.tiles()}, kept{"Pixels", d.table()}, kept{"Ahead", d.ahead()}, kept{"AheadTaps", d.aheadTaps()}, kept{"AheadStep", d.aheadStep()}, kept{"AheadBytes", d.aheadBytes()})
	d.MOVQ(d.arg("Taps"), reg.RAX)
	d.MOVQ(d.arg("TapsCount"), reg.RCX)
	d.LEAQ(operand.Mem{Base: reg.RAX, Index: reg.RCX, Scale: 8}, reg.RAX)
	d.MOVQ(reg.RAX, d.tapsEnd())
	d.MOVQ(d.arg("Single"), reg.RCX)
	d.LEAQ(operand.Mem{Base: reg.RAX, Index: reg.RCX, Scale: 8}, reg.RAX)
	d.MOVQ(reg.RAX, d.end())
	if d.ofMaps() {
		d.MOVQ(d.arg("Flags"), reg.RAX)
		d.ANDQ(operand.U32(DirectFarX), reg.RAX)
		d.MOVQ(reg.RAX, d.farX())
	}
	if d.ofMaps() && d.works() {
		d.MOVQ(reg.RAX, d.extra())
		d.MOVQ(d.arg("Beside"), reg.RAX)
		d.MOVQ(reg.RAX, d.beside())
		d.ORQ(reg.RAX, d.extra())
		d.TESTQ(reg.RAX, reg.RAX)
		d.JZ(jump("alone"))
		d.MOVQ(operand.U32(1), reg.RAX)
		d.Label("alone")
		d.MOVQ(reg.RAX, d.pause())
	}
	d.choosePairs()
	d.chooseLast()
}

// start sets the sums and the bases.
func (d *direct) start() {
	d.MOVQ(d.table(), reg.RSI)
	d.MOVQ(d.arg("Flags"), reg.RDX)
	if d.ofMaps() {
		d.TESTQ(operand.U32(DirectGated), reg.RDX)
		d.JNZ(jump("expect_gate"))
		d.Label("expected")
	}
	d.TESTQ(operand.U32(DirectAccumulate), reg.RDX)
	d.JNZ(jump("resume"))
	d.MOVQ(d.arg("Bias"), reg.RAX)
	for j := range d.vecs {
		d.VMOVUPS(at(reg.RAX, j*d.s.Bytes()), d.acc(0, j))
		for i := 1; i < d.pixels; i++ {
			d.VMOVAPS(d.acc(0, j), d.acc(i, j))
		}
	}
	d.TESTQ(operand.U32(DirectResidual), reg.RDX)
	d.JNZ(jump("residual"))
	d.Label("started")
	d.pairSums()
	d.MOVQ(d.arg("X"), reg.RAX)
	d.MOVQ(d.arg("W"), reg.RBX)
	d.MOVQ(d.arg("Taps"), reg.RDX)
	if d.streams() > 1 {
		d.MOVQ(d.arg("Wstream"), reg.RCX)
	}
	for i := range d.pixels {
		d.MOVLQSX(at(reg.RSI, i*directPixel), d.base(i))
		d.ADDQ(reg.RAX, d.base(i))
	}
	if d.streams() > 3 {
		d.LEAQ(operand.Mem{Base: reg.RCX, Index: reg.RCX, Scale: 2}, reg.RDI)
	}
}

// later writes the ways into the loop that few calls take.
func (d *direct) later() {
	d.Label("resume")
	d.pixelsOf("Y", "Plane", 4, func(i, j int, m []operand.Mem) { d.load(j, m, d.acc(i, j)) })
	d.expectNext(DirectFarY, "Y", "Plane", 4)
	d.JMP(jump("started"))
	d.Label("residual")
	d.pixelsOf("Res", "ResPlane", 8, func(i, j int, m []operand.Mem) {
		d.load(j, m, d.spare(0))
		d.VADDPS(d.spare(0), d.acc(i, j), d.acc(i, j))
	})
	d.expectNext(DirectFar, "Res", "ResPlane", 8)
	d.JMP(jump("started"))
	if d.ofMaps() {
		d.Label("expect_gate")
		d.expect("Gate", "GatePlane", 12)
		d.JMP(jump("expected"))
		d.Label("gated")
		d.gated()
		d.JMP(jump("store"))
	}
}

// ofMaps reports whether the taps are blocks of channels. Pictures and matrices, which other
// kernels read, have no gates, and no residuals that come from memory.
func (d *direct) ofMaps() bool { return d.steps == vecLanes }

// gated makes sums 0 where the gate is not between two bounds, or is no number.
func (d *direct) gated() {
	lo, hi, gate, mask := d.spare(0), d.spare(1), d.spare(2), d.spare(3)
	d.VBROADCASTSS(d.arg("Lo"), lo)
	d.VBROADCASTSS(d.arg("Hi"), hi)
	d.pixelsOf("Gate", "GatePlane", 12, func(i, j int, m []operand.Mem) {
		sum := d.acc(i, j)
		d.load(j, m, gate)
		if d.s.Lanes == 8 {
			d.VCMPPS(imm8(cmpGreater), lo, gate, mask)
			d.VANDPS(mask, sum, sum)
			d.VCMPPS(imm8(cmpLess), hi, gate, mask)
			d.VANDPS(mask, sum, sum)
			return
		}
		d.VCMPPS(imm8(cmpGreater), lo, gate, reg.K1)
		d.VCMPPS(imm8(cmpLess), hi, gate, reg.K1, reg.K1)
		d.VMOVAPS_Z(sum, reg.K1, sum)
	})
}

// pixelsOf visits every vector of the tile in the operand that begins at the
// argument base; op gets the pixel, the vector and the addresses of its blocks.
func (d *direct) pixelsOf(base, plane string, column int, op func(i, j int, m []operand.Mem)) {
	d.MOVQ(d.arg(plane), reg.RCX)
	for i := range d.pixels {
		d.MOVLQSX(at(reg.RSI, i*directPixel+column), reg.RAX)
		d.ADDQ(d.arg(base), reg.RAX)
		for j := range d.vecs {
			if d.s.Lanes == 8 {
				if j > 0 {
					d.ADDQ(reg.RCX, reg.RAX)
				}
				op(i, j, []operand.Mem{at(reg.RAX, 0)})
				continue
			}
			if j > 0 {
				d.LEAQ(operand.Mem{Base: reg.RAX, Index: reg.RCX, Scale: 2}, reg.RAX)
			}
			op(i, j, []operand.Mem{at(reg.RAX, 0), indexed(reg.RAX, reg.RCX, 0)})
		}
	}
}

// half writes code that runs unless the second block of vector j is missing.
func (d *direct) half(i, j int, what string, body func()) {
	if j < d.vecs-1 {
		body()
		return
	}
	label := fmt.Sprintf("%s%d", what, i)
	d.TESTQ(operand.U32(DirectHalf), reg.RDX)
	d.JNZ(jump(label))
	body()
	d.Label(label)
}

// load reads vector j from its blocks; flags are in DX.
func (d *direct) load(j int, m []operand.Mem, to reg.VecPhysical) {
	if d.s.Lanes == 8 {
		d.VMOVUPS(m[0], to)
		return
	}
	d.VMOVUPS(m[0], to.AsY())
	d.loads++
	d.half(d.loads, j, "low", func() { d.VINSERTF32X8(imm8(1), m[1], to, to) })
}

// contract is the loops over taps.
func (d *direct) contract() {
	d.walk("tap", d.steps, d.tapsEnd())
	d.walk("single", 1, d.end())
	d.partSums()
	d.Load(d.Param("t"), reg.RDI)
	d.MOVQ(d.table(), reg.RSI)
}

// walk goes over taps until the cursor is at end.
func (d *direct) walk(label string, steps int, end operand.Mem) {
	d.CMPQ(reg.RDX, end)
	d.JEQ(jump("past_" + label))
	align16(d.Context)
	d.Label(label)
	d.MOVQ(at(reg.RDX, 0), reg.RAX)
	for step := range steps - 1 {
		d.step(step)
	}
	d.ADDQ(imm8(8), reg.RDX)
	if label == "tap" && d.interleaves() {
		d.CMPQ(reg.RDX, end)
		d.JEQ(jump("last"))
		d.Label("more")
	}
	d.step(steps - 1)
	d.ADDQ(operand.U32(uint32(steps*weightGroup)), reg.RBX)
	if steps == vecLanes {
		d.extras()
		d.fetchAhead()
	}
	d.CMPQ(reg.RDX, end)
	d.JNE(jump(label))
	d.Label("past_" + label)
}

// weightGroup is the size of one step of weights, 16 output channels.
const weightGroup = 64

// streams is the number of weight streams that a tile reads.
func (d *direct) streams() int { return (d.vecs*d.s.Bytes() + weightGroup - 1) / weightGroup }

// weights addresses vector j of a step.
func (d *direct) weights(step, j int) operand.Mem {
	stream, rest := j*d.s.Bytes()/weightGroup, j*d.s.Bytes()%weightGroup
	m := at(reg.RBX, step*weightGroup+rest)
	switch stream {
	case 1, 2:
		m.Index, m.Scale = reg.RCX, uint8(stream)
	case 3:
		m.Index, m.Scale = reg.RDI, 1
	}
	return m
}

// pixel addresses a step of pixel i.
func (d *direct) pixel(i, step int) operand.Mem { return indexed(d.base(i), reg.RAX, 4*step) }

// step adds one step: the outer product of a value of every pixel and the vectors
// of weights. Weights stay in registers while pixels pass, or the other way where
// the registers hold only the pixels.
func (d *direct) step(step int) {
	if d.paired {
		d.pairStep(step)
		return
	}
	pixel := func(i int) operand.Mem { return d.pixel(i, step) }
	free := d.s.Registers - d.pixels*d.vecs
	if free < d.vecs+1 {
		for i := range d.pixels {
			d.VBROADCASTSS(pixel(i), d.spare(i))
		}
		for j := range d.vecs {
			w := d.spare(d.pixels + j%(free-d.pixels))
			d.VMOVUPS(d.weights(step, j), w)
			for i := range d.pixels {
				d.VFMADD231PS(w, d.spare(i), d.acc(i, j))
			}
		}
		return
	}
	for j := range d.vecs {
		d.VMOVUPS(d.weights(step, j), d.spare(j))
	}
	if d.vecs == 1 && d.s.Lanes == 16 {
		// A load for every product in any case: one instruction is the faster way (0.7
		// to 0.97 of the peak of Zen 4).
		for i := range d.pixels {
			d.VFMADD231PS_BCST(pixel(i), d.spare(0), d.acc(i, 0))
		}
		return
	}
	broadcasts := min(free-d.vecs, 4)
	for i := range d.pixels {
		b := d.spare(d.vecs + i%broadcasts)
		d.VBROADCASTSS(pixel(i), b)
		for j := range d.vecs {
			d.VFMADD231PS(d.spare(j), b, d.acc(i, j))
		}
	}
}

// epilogue applies the activations that take a compare or two.
func (d *direct) epilogue() {
	d.MOVQ(d.arg("Flags"), reg.RDX)
	ends := uint32(DirectLow | DirectHigh | DirectLeaky)
	if d.ofMaps() {
		ends |= DirectGated
	}
	d.TESTQ(operand.U32(ends), reg.RDX)
	d.JZ(jump("store"))
	if d.ofMaps() {
		d.TESTQ(operand.U32(DirectGated), reg.RDX)
		d.JNZ(jump("gated"))
	}
	// The value stands second in the machine's order, so that a NaN stays NaN.
	d.when(DirectLow, "low", func() {
		d.VBROADCASTSS(d.arg("Lo"), d.spare(0))
		d.sums(func(r reg.VecPhysical) { d.VMAXPS(r, d.spare(0), r) })
	})
	d.when(DirectHigh, "high", func() {
		d.VBROADCASTSS(d.arg("Hi"), d.spare(0))
		d.sums(func(r reg.VecPhysical) { d.VMINPS(r, d.spare(0), r) })
	})
	d.when(DirectLeaky, "leaky", func() {
		d.VBROADCASTSS(d.arg("Alpha"), d.spare(0))
		d.sums(func(r reg.VecPhysical) {
			if d.s.Lanes == 16 {
				d.VPMOVD2M(r, reg.K1)
				d.VMULPS(d.spare(0), r, reg.K1, r)
				return
			}
			d.VMULPS(d.spare(0), r, d.spare(1))
			d.VBLENDVPS(r, d.spare(1), r, r)
		})
	})
	d.Label("store")
}

func (d *direct) sums(op func(r reg.VecPhysical)) {
	for i := range d.pixels * d.vecs {
		op(d.s.vec(i))
	}
}

// when writes code that runs if a flag is set.
func (d *direct) when(flag uint32, name string, body func()) {
	d.TESTQ(operand.U32(flag), reg.RDX)
	d.JZ(jump("no_" + name))
	body()
	d.Label("no_" + name)
}

func (d *direct) store() {
	if d.doubles() {
		d.TESTQ(operand.U32(DirectDouble), reg.RDX)
		d.JNZ(jump("double"))
	}
	d.pixelsOf("Y", "Plane", 4, func(i, j int, m []operand.Mem) {
		if d.s.Lanes == 8 {
			d.VMOVUPS(d.acc(i, j), m[0])
			return
		}
		d.VMOVUPS(d.acc(i, j).AsY(), m[0])
		d.half(i, j, "stored", func() { d.VEXTRACTF32X8(imm8(1), d.acc(i, j), m[1]) })
	})
}

func (d *direct) advance() {
	d.Label("next")
	d.ADDQ(operand.U32(uint32(d.pixels*directPixel)), d.table())
	d.DECQ(d.tiles())
	d.JNZ(jump("tile"))
	d.move(d.ahead(), d.arg("Ahead"))
	d.move(d.aheadTaps(), d.arg("AheadTaps"))
	end(d.Context)
	d.later()
	d.storeDouble()
	d.finish()
}
