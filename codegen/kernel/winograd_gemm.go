package kernel

import (
	"fmt"

	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// The product in the middle of a Winograd convolution: for one of the t² points of
// the transformed domain, tiles x channels times channels x output channels.
//
//	M[og][tile][o] = Σ_i V[i/16][tile][i%16] · U[og][i][o]      o < 16
//
//	V   groups of 16 channels, as bytes apart; a tile is 64 bytes
//	U   streams of 16 output channels, bstep bytes apart; a channel is 64 bytes
//	M   planes of 16 output channels, mstep bytes apart; a tile is 64 bytes
//
// A register tile holds rows tiles x vecs vectors of output channels: sums, then
// either the vectors of U (wide in tiles) or the broadcast channels (wide in output
// channels). Four channels are unrolled; a group of 16 is four trips, the last
// group as many as it has.
//
// Twin: winoGeneric of runtime/kernel/blocked.
//
// Registers:
//
//	DI  arguments      AX BX  cursors in V and U    CX SI  trips, groups    DX  what is brought nearer
//	R8  as - 64        R9 bstep    R10 mstep        R12 R14  V of this tile, M of this tile
//	R11 bytes that a channel goes on by in what is brought nearer    R13 apart
//	first sums, then what is held, then what is loaded in passing

// WinoGemmFields are the fields of the argument block. groups counts groups of 16
// channels, tail the trips of the last, tiles register tiles. At next lie the panels of U
// that a later call reads, which the first register tile brings nearer: for each channel a line
// from every panel, apart bytes from one to the other, going on by fetch bytes; or as many
// lines of one run, if they are apart by one line. The first pieces tiles go on where the one
// before ended.
// Of the others each brings nearer as much from one of the aheads places listed at ahead,
// while there are any. With AVX-512 a line further bytes on is asked for with every group.
var WinoGemmFields = []string{"a", "b", "m", "groups", "tail", "as", "bstep", "mstep", "tiles", "next", "fetch", "pieces", "ahead", "aheads", "apart", "further"}

// WinoGemmName returns the name of the product kernel of a size.
func WinoGemmName(s ISA, rows, vecs int) string {
	return fmt.Sprintf("wino_gemm_f32_%s_%dx%d", s.Name, rows, vecs)
}

type winoGemm struct {
	asm
	s          ISA
	rows, vecs int
	local      operand.Mem
}

// WinoGemm adds the product kernel for rows tiles by vecs vectors.
func WinoGemm(c *build.Context, s ISA, rows, vecs int) error {
	if rows < 1 || vecs < 1 || rows*vecs+min(rows, vecs)+1 > s.Registers {
		return fmt.Errorf("kernel: found a product of %d tiles and %d vectors, expected one that fits %d registers", rows, vecs, s.Registers)
	}
	g := &winoGemm{asm: asm{c}, s: s, rows: rows, vecs: vecs}
	name := WinoGemmName(s, rows, vecs)
	g.local = begin(c, name, "func(t *byte)", fmt.Sprintf("%s multiplies %d transformed tiles at a time.", name, rows))
	c.Load(c.Param("t"), reg.RDI)
	g.enter()
	c.Label("tile")
	g.contract()
	g.store()
	g.lookAhead()
	g.ADDQ(operand.U32(64*rows), reg.R12)
	g.ADDQ(operand.U32(64*rows), reg.R14)
	g.DECQ(g.local)
	g.JNZ(jump("tile"))
	end(c)
	return nil
}

func (g *winoGemm) arg(name string) operand.Mem { return field(WinoGemmFields, name) }

// Words of the frame behind the count of tiles: what this tile brings nearer, how many tiles
// go on with it, and what is left of the list.
func (g *winoGemm) nearer() operand.Mem { return g.local.Offset(8) }
func (g *winoGemm) pieces() operand.Mem { return g.local.Offset(16) }
func (g *winoGemm) ahead() operand.Mem  { return g.local.Offset(24) }
func (g *winoGemm) aheads() operand.Mem { return g.local.Offset(32) }

// lookAhead goes on where this tile ended, or takes the next place of the list.
func (g *winoGemm) lookAhead() {
	g.DECQ(g.pieces())
	g.JLE(jump("list"))
	g.MOVQ(reg.RDX, g.nearer())
	g.JMP(jump("listed"))
	g.Label("list")
	g.DECQ(g.aheads())
	g.JLT(jump("listed"))
	g.MOVQ(g.ahead(), reg.RAX)
	g.ADDQ(operand.U8(8), g.ahead())
	g.MOVQ(at(reg.RAX, 0), reg.RAX)
	g.MOVQ(reg.RAX, g.nearer())
	g.Label("listed")
}

func (g *winoGemm) acc(i, j int) reg.VecPhysical { return g.s.vec(i*g.vecs + j) }

// held is register i after the sums; passing ones follow the held ones.
func (g *winoGemm) held(i int) reg.VecPhysical { return g.s.vec(g.rows*g.vecs + i) }

func (g *winoGemm) passing(i int) reg.VecPhysical {
	first := g.rows*g.vecs + min(g.rows, g.vecs)
	return g.s.vec(first + i%min(2, g.s.Registers-first))
}

// plane addresses vector j of streams that begin at base and lie step apart.
func (g *winoGemm) plane(base, step reg.Register, j, disp int) operand.Mem {
	at := j * g.s.Bytes()
	m := operand.Mem{Base: base, Disp: disp + at%64}
	if stream := at / 64; stream > 0 {
		m.Index, m.Scale = step, uint8(stream)
	}
	return m
}

// streams is the number of streams of U.
func (g *winoGemm) streams() int { return (g.vecs*g.s.Bytes() + 63) / 64 }

func (g *winoGemm) enter() {
	g.keep(WinoGemmFields, kept{"a", reg.R12}, kept{"m", reg.R14}, kept{"as", reg.R8}, kept{"bstep", reg.R9}, kept{"mstep", reg.R10}, kept{"fetch", reg.R11},
		kept{"tiles", g.local}, kept{"next", g.nearer()}, kept{"pieces", g.pieces()}, kept{"ahead", g.ahead()}, kept{"aheads", g.aheads()})
	if g.streams() > 1 {
		g.keep(WinoGemmFields, kept{"apart", reg.R13})
	}
	g.SUBQ(operand.U8(64), reg.R8)
}

func (g *winoGemm) contract() {
	for i := range g.rows * g.vecs {
		g.s.zero(g.Context, g.s.vec(i))
	}
	g.MOVQ(reg.R12, reg.RAX)
	g.MOVQ(g.arg("b"), reg.RBX)
	g.MOVQ(g.nearer(), reg.RDX)
	g.MOVQ(g.arg("groups"), reg.RSI)
	g.Label("group")
	g.lookFurther()
	g.MOVL(operand.U32(4), reg.ECX)
	g.CMPQ(reg.RSI, operand.U8(1))
	g.JNE(jump("steps"))
	g.MOVQ(g.arg("tail"), reg.RCX)
	align16(g.Context)
	g.Label("steps")
	for s := range 4 {
		g.step(s)
	}
	g.ADDQ(operand.U8(16), reg.RAX)
	g.ADDQ(operand.U32(256), reg.RBX)
	g.DECQ(reg.RCX)
	g.JNZ(jump("steps"))
	g.ADDQ(reg.R8, reg.RAX)
	g.DECQ(reg.RSI)
	g.JNZ(jump("group"))
}

// lookFurther asks for a line of every stream that is brought nearer, further on.
func (g *winoGemm) lookFurther() {
	if g.s.Lanes != 16 {
		return
	}
	g.MOVQ(g.arg("further"), reg.RCX)
	g.ADDQ(reg.RDX, reg.RCX)
	g.fetch(reg.RCX)
}

// fetch fetches a line of every stream that is brought nearer.
func (g *winoGemm) fetch(at reg.Register) {
	for stream := range g.streams() {
		g.PREFETCHT1(g.plane(at, reg.R13, stream*64/g.s.Bytes(), 0))
	}
}

// step adds channel s of four.
func (g *winoGemm) step(s int) {
	g.fetch(reg.RDX) // the same line again where fetch is less
	g.ADDQ(reg.R11, reg.RDX)
	channel := func(i int) operand.Mem { return at(reg.RAX, 64*i+4*s) }
	weight := func(j int) operand.Mem { return g.plane(reg.RBX, reg.R9, j, 64*s) }
	if g.rows >= g.vecs {
		for j := range g.vecs {
			g.VMOVUPS(weight(j), g.held(j))
		}
		for i := range g.rows {
			g.VBROADCASTSS(channel(i), g.passing(i))
			for j := range g.vecs {
				g.VFMADD231PS(g.held(j), g.passing(i), g.acc(i, j))
			}
		}
		return
	}
	for i := range g.rows {
		g.VBROADCASTSS(channel(i), g.held(i))
	}
	for j := range g.vecs {
		g.VMOVUPS(weight(j), g.passing(j))
		for i := range g.rows {
			g.VFMADD231PS(g.passing(j), g.held(i), g.acc(i, j))
		}
	}
}

func (g *winoGemm) store() {
	for i := range g.rows {
		for j := range g.vecs {
			g.VMOVUPS(g.acc(i, j), g.plane(reg.R14, reg.R10, j, 64*i))
		}
	}
}
