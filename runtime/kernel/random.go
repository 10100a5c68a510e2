package kernel

import "github.com/netc-lang/netc/runtime/tensor"

// RandomUniform fills y with numbers 0, 1, ... of a stream, uniform in [0, 1), by
// the law of runtime/tensor.
func RandomUniform(c *Ctx, y []float32, seed, stream uint64) {
	c.random(randomTask{kind: uniformNumbers, y: y, seed: seed, stream: stream})
}

// RandomNormal fills y with numbers 0, 1, ... of a stream, standard normal.
func RandomNormal(c *Ctx, y []float32, seed, stream uint64) {
	c.random(randomTask{kind: normalNumbers, y: y, seed: seed, stream: stream})
}

// RandomBernoulli fills y with 1 where number i of the uniform stream is below
// p, else 0.
func RandomBernoulli(c *Ctx, y []float32, seed, stream uint64, p float32) {
	c.random(randomTask{kind: bernoulliNumbers, y: y, seed: seed, stream: stream, p: p})
}

type randomKind uint8

const (
	uniformNumbers randomKind = iota
	normalNumbers
	bernoulliNumbers
)

type randomTask struct {
	kind         randomKind
	y            []float32
	seed, stream uint64
	p            float32
}

const randomChunk = 4096

func (c *Ctx) random(t randomTask) {
	c.tasks.random = t
	c.run(ceilDiv(len(t.y), randomChunk), 32*len(t.y), &c.tasks.random)
}

func (t *randomTask) Chunk(_, chunk int) {
	lo, hi := chunk*randomChunk, min((chunk+1)*randomChunk, len(t.y))
	key := tensor.RandomKey(t.seed, t.stream)
	for i := lo; i < hi; i++ {
		switch t.kind {
		case normalNumbers:
			t.y[i] = tensor.Normal(t.seed, t.stream, uint64(i))
		case uniformNumbers:
			t.y[i] = tensor.UniformOf(tensor.RandomWord(key, uint64(i)))
		case bernoulliNumbers:
			t.y[i] = 0
			if tensor.UniformOf(tensor.RandomWord(key, uint64(i))) < t.p {
				t.y[i] = 1
			}
		}
	}
}
