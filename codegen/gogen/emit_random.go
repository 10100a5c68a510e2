package gogen

import (
	"fmt"

	"github.com/netc-lang/netc/ir"
)

func init() { register(map[string]emitter{"rng": emitRandom}) }

func emitRandom(l *lowering, in *ir.Instr) {
	y := l.slice(in.Outs[0])
	seed := fmt.Sprintf("uint64(%s)", l.scalar(in.Args[0]))
	stream := in.Attrs.Int("stream")
	l.comment(in, in.Attrs.String("kind"))
	switch kind := in.Attrs.String("kind"); kind {
	case "uniform":
		l.p("kernel.RandomUniform(c, %s, %s, %d)", y, seed, stream)
	case "normal":
		l.p("kernel.RandomNormal(c, %s, %s, %d)", y, seed, stream)
	case "bernoulli":
		l.p("kernel.RandomBernoulli(c, %s, %s, %d, %s)", y, seed, stream, float32Literal(in.Attrs.Float("p")))
	default:
		l.refuse(in, "random numbers of kind %q", kind)
	}
}
