package kernel

import (
	"github.com/mmcloughlin/avo/attr"
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/gotypes"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// asm is a build context cut down to the instructions that builders use. Builders
// embed it instead of the context, of whose 5,000 methods the compiler would write
// one more copy for each of them: this package took half a minute to compile. An
// instruction that is missing here is one line more.
type asm struct{ Context *build.Context }

func (s asm) ADDQ(a operand.Op, b operand.Op)                       { s.Context.ADDQ(a, b) }
func (s asm) ANDQ(a operand.Op, b operand.Op)                       { s.Context.ANDQ(a, b) }
func (s asm) AddDatum(a int, b operand.Constant)                    { s.Context.AddDatum(a, b) }
func (s asm) AllocLocal(a int) operand.Mem                          { return s.Context.AllocLocal(a) }
func (s asm) CMPQ(a operand.Op, b operand.Op)                       { s.Context.CMPQ(a, b) }
func (s asm) Comment(a ...string)                                   { s.Context.Comment(a...) }
func (s asm) DECQ(a operand.Op)                                     { s.Context.DECQ(a) }
func (s asm) DataAttributes(a attr.Attribute)                       { s.Context.DataAttributes(a) }
func (s asm) IMUL3Q(a operand.Op, b operand.Op, c operand.Op)       { s.Context.IMUL3Q(a, b, c) }
func (s asm) INCQ(a operand.Op)                                     { s.Context.INCQ(a) }
func (s asm) JEQ(a operand.Op)                                      { s.Context.JEQ(a) }
func (s asm) JG(a operand.Op)                                       { s.Context.JG(a) }
func (s asm) JGE(a operand.Op)                                      { s.Context.JGE(a) }
func (s asm) JL(a operand.Op)                                       { s.Context.JL(a) }
func (s asm) JLE(a operand.Op)                                      { s.Context.JLE(a) }
func (s asm) JGT(a operand.Op)                                      { s.Context.JGT(a) }
func (s asm) JLT(a operand.Op)                                      { s.Context.JLT(a) }
func (s asm) JMP(a operand.Op)                                      { s.Context.JMP(a) }
func (s asm) JNE(a operand.Op)                                      { s.Context.JNE(a) }
func (s asm) JNZ(a operand.Op)                                      { s.Context.JNZ(a) }
func (s asm) JZ(a operand.Op)                                       { s.Context.JZ(a) }
func (s asm) KMOVW(a operand.Op, b operand.Op)                      { s.Context.KMOVW(a, b) }
func (s asm) KSHIFTRW(a operand.Op, b operand.Op, c operand.Op)     { s.Context.KSHIFTRW(a, b, c) }
func (s asm) KXNORW(a operand.Op, b operand.Op, c operand.Op)       { s.Context.KXNORW(a, b, c) }
func (s asm) LEAQ(a operand.Op, b operand.Op)                       { s.Context.LEAQ(a, b) }
func (s asm) Label(a string)                                        { s.Context.Label(a) }
func (s asm) Load(a gotypes.Component, b reg.Register) reg.Register { return s.Context.Load(a, b) }
func (s asm) MOVL(a operand.Op, b operand.Op)                       { s.Context.MOVL(a, b) }
func (s asm) MOVLQSX(a operand.Op, b operand.Op)                    { s.Context.MOVLQSX(a, b) }
func (s asm) MOVQ(a operand.Op, b operand.Op)                       { s.Context.MOVQ(a, b) }
func (s asm) NEGQ(a operand.Op)                                     { s.Context.NEGQ(a) }
func (s asm) ORQ(a operand.Op, b operand.Op)                        { s.Context.ORQ(a, b) }
func (s asm) PREFETCHT0(a operand.Op)                               { s.Context.PREFETCHT0(a) }
func (s asm) PREFETCHT1(a operand.Op)                               { s.Context.PREFETCHT1(a) }
func (s asm) Param(a string) gotypes.Component                      { return s.Context.Param(a) }
func (s asm) ParamIndex(a int) gotypes.Component                    { return s.Context.ParamIndex(a) }
func (s asm) RET()                                                  { s.Context.RET() }
func (s asm) SHLQ(a ...operand.Op)                                  { s.Context.SHLQ(a...) }
func (s asm) SHRQ(a ...operand.Op)                                  { s.Context.SHRQ(a...) }
func (s asm) SUBQ(a operand.Op, b operand.Op)                       { s.Context.SUBQ(a, b) }
func (s asm) StaticGlobal(a string) operand.Mem                     { return s.Context.StaticGlobal(a) }
func (s asm) TESTQ(a operand.Op, b operand.Op)                      { s.Context.TESTQ(a, b) }
func (s asm) VADDPS(a ...operand.Op)                                { s.Context.VADDPS(a...) }
func (s asm) VANDPS(a ...operand.Op)                                { s.Context.VANDPS(a...) }
func (s asm) VBLENDMPS(a ...operand.Op)                             { s.Context.VBLENDMPS(a...) }
func (s asm) VBLENDVPS(a operand.Op, b operand.Op, c operand.Op, d operand.Op) {
	s.Context.VBLENDVPS(a, b, c, d)
}
func (s asm) VBROADCASTF32X8(a operand.Op, b operand.Op) { s.Context.VBROADCASTF32X8(a, b) }
func (s asm) VBROADCASTF64X4(a ...operand.Op)            { s.Context.VBROADCASTF64X4(a...) }
func (s asm) VBROADCASTSS(a ...operand.Op)               { s.Context.VBROADCASTSS(a...) }
func (s asm) VCMPPS(a ...operand.Op)                     { s.Context.VCMPPS(a...) }
func (s asm) VDIVPS(a ...operand.Op)                     { s.Context.VDIVPS(a...) }
func (s asm) VEXTRACTF32X8(a ...operand.Op)              { s.Context.VEXTRACTF32X8(a...) }
func (s asm) VEXTRACTF64X4(a operand.Op, b operand.Op, c operand.Op) {
	s.Context.VEXTRACTF64X4(a, b, c)
}
func (s asm) VFMADD213PS(a ...operand.Op)                         { s.Context.VFMADD213PS(a...) }
func (s asm) VFMADD231PS(a ...operand.Op)                         { s.Context.VFMADD231PS(a...) }
func (s asm) VFMADD231PS_BCST(a ...operand.Op)                    { s.Context.VFMADD231PS_BCST(a...) }
func (s asm) VFMSUB231PS(a ...operand.Op)                         { s.Context.VFMSUB231PS(a...) }
func (s asm) VFNMADD213PS(a ...operand.Op)                        { s.Context.VFNMADD213PS(a...) }
func (s asm) VFNMADD231PS(a ...operand.Op)                        { s.Context.VFNMADD231PS(a...) }
func (s asm) VINSERTF32X8(a ...operand.Op)                        { s.Context.VINSERTF32X8(a...) }
func (s asm) VINSERTF64X4(a ...operand.Op)                        { s.Context.VINSERTF64X4(a...) }
func (s asm) VMASKMOVPS(a operand.Op, b operand.Op, c operand.Op) { s.Context.VMASKMOVPS(a, b, c) }
func (s asm) VMAXPS(a ...operand.Op)                              { s.Context.VMAXPS(a...) }
func (s asm) VMINPS(a ...operand.Op)                              { s.Context.VMINPS(a...) }
func (s asm) VMOVAPS(a ...operand.Op)                             { s.Context.VMOVAPS(a...) }
func (s asm) VMOVAPS_Z(a operand.Op, b operand.Op, c operand.Op)  { s.Context.VMOVAPS_Z(a, b, c) }
func (s asm) VMOVNTPS(a operand.Op, b operand.Op)                 { s.Context.VMOVNTPS(a, b) }
func (s asm) VMOVUPS(a ...operand.Op)                             { s.Context.VMOVUPS(a...) }
func (s asm) VMOVUPS_Z(a operand.Op, b operand.Op, c operand.Op)  { s.Context.VMOVUPS_Z(a, b, c) }
func (s asm) VMULPS(a ...operand.Op)                              { s.Context.VMULPS(a...) }
func (s asm) VORPS(a ...operand.Op)                               { s.Context.VORPS(a...) }
func (s asm) VPADDD(a ...operand.Op)                              { s.Context.VPADDD(a...) }
func (s asm) VPERM2F128(a operand.Op, b operand.Op, c operand.Op, d operand.Op) {
	s.Context.VPERM2F128(a, b, c, d)
}
func (s asm) VPERMPD(a ...operand.Op)             { s.Context.VPERMPD(a...) }
func (s asm) VPMOVD2M(a operand.Op, b operand.Op) { s.Context.VPMOVD2M(a, b) }
func (s asm) VSHUFF64X2(a ...operand.Op)          { s.Context.VSHUFF64X2(a...) }
func (s asm) VSHUFPS(a ...operand.Op)             { s.Context.VSHUFPS(a...) }
func (s asm) VSUBPS(a ...operand.Op)              { s.Context.VSUBPS(a...) }
func (s asm) VUNPCKHPS(a ...operand.Op)           { s.Context.VUNPCKHPS(a...) }
func (s asm) VUNPCKLPS(a ...operand.Op)           { s.Context.VUNPCKLPS(a...) }
func (s asm) VXORPS(a ...operand.Op)              { s.Context.VXORPS(a...) }
func (s asm) VZEROUPPER()                         { s.Context.VZEROUPPER() }
func (s asm) XORQ(a operand.Op, b operand.Op)     { s.Context.XORQ(a, b) }

// Function opens a function.
func (s asm) Function(name string) { s.Context.Function(name) }

// Pragma adds a directive to the function's stub.
func (s asm) Pragma(directive string, args ...string) { s.Context.Pragma(directive, args...) }

// SignatureExpr states the function's Go signature.
func (s asm) SignatureExpr(expr string) { s.Context.SignatureExpr(expr) }

// Doc is the function's comment.
func (s asm) Doc(lines ...string) { s.Context.Doc(lines...) }
