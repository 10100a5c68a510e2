package kernel

import "github.com/mmcloughlin/avo/build"

// region builds a [Region] of float32 by name.
type region struct {
	Region
	of map[string]int // values by name
}

// operands adds operands.
func (r *region) operands(mode Mode, names ...string) {
	for _, name := range names {
		r.of[name] = len(r.In)
		r.In = append(r.In, Operand{Mode: mode, Type: "float32"})
	}
}

// set adds a step whose value has a name; a later value of the same name takes
// its place.
func (r *region) set(name, op string, args ...string) {
	s := Step{Op: op, Type: "float32"}
	for _, a := range args {
		s.Args = append(s.Args, r.of[a])
	}
	r.Steps = append(r.Steps, s)
	r.of[name] = len(r.In) + len(r.Steps) - 1
}

// approach moves a running mean by a share towards a new value.
func (r *region) approach(mean, value, share string) {
	r.set("by", "sub", value, mean)
	r.set("by", "mul", share, "by")
	r.set(mean, "add", mean, "by")
}

// decayed adds decay·w to the gradient g.
func (r *region) decayed() {
	r.set("l2", "mul", "decay", "w")
	r.set("g", "add", "g", "l2")
}

// stepBy takes lr·by off the weight.
func (r *region) stepBy(by string) {
	r.set("by", "mul", "lr", by)
	r.set("w", "sub", "w", "by")
}

// overRoot sets quotient to value/(sqrt(square)·scale + eps); scale "" is 1.
func (r *region) overRoot(quotient, value, square, scale string) {
	r.set("root", "sqrt", square)
	if scale != "" {
		r.set("root", "mul", "root", scale)
	}
	r.set("root", "add", "root", "eps")
	r.set(quotient, "div", value, "root")
}

func newRegion(vectors, scalars []string) *region {
	r := &region{of: map[string]int{}}
	r.operands(Vector, vectors...)
	r.operands(Scalar, scalars...)
	return r
}

// updates adds the rules of optimisers over flat arenas; the results are the
// weights and the slots, in the order of the operands. Every rounding is that of
// the Go twins in runtime/kernel.
func updates(c *build.Context) error {
	adam := newRegion([]string{"w", "g", "mean", "square"}, []string{"keep", "decay", "share1", "share2", "scale", "eps", "lr"})
	adam.decayed()
	adam.set("w", "mul", "keep", "w")
	adam.approach("mean", "g", "share1")
	adam.set("gg", "mul", "g", "g")
	adam.approach("square", "gg", "share2")
	adam.overRoot("by", "mean", "square", "scale")
	adam.stepBy("by")

	rmsprop := newRegion([]string{"w", "g", "square"}, []string{"decay", "share", "eps", "lr"})
	rmsprop.decayed()
	rmsprop.set("gg", "mul", "g", "g")
	rmsprop.approach("square", "gg", "share")
	rmsprop.overRoot("by", "g", "square", "")
	rmsprop.stepBy("by")

	velocity := newRegion([]string{"w", "g", "square", "momentum"}, []string{"decay", "share", "eps", "kept", "lr"})
	velocity.decayed()
	velocity.set("gg", "mul", "g", "g")
	velocity.approach("square", "gg", "share")
	velocity.overRoot("by", "g", "square", "")
	velocity.set("momentum", "mul", "kept", "momentum")
	velocity.set("momentum", "add", "momentum", "by")
	velocity.stepBy("momentum")

	adagrad := newRegion([]string{"w", "g", "square"}, []string{"decay", "eps", "lr"})
	adagrad.decayed()
	adagrad.set("gg", "mul", "g", "g")
	adagrad.set("square", "add", "square", "gg")
	adagrad.overRoot("by", "g", "square", "")
	adagrad.stepBy("by")

	lion := newRegion([]string{"w", "g", "mean"}, []string{"keep", "share1", "share2", "lr"})
	lion.set("w", "mul", "keep", "w")
	lion.set("by", "sub", "g", "mean")
	lion.set("ahead", "mul", "share1", "by")
	lion.set("ahead", "add", "mean", "ahead")
	lion.set("by", "mul", "share2", "by")
	lion.set("mean", "add", "mean", "by")
	lion.set("ahead", "sign", "ahead")
	lion.stepBy("ahead")

	for _, f := range []struct {
		name    string
		r       *region
		results []string
	}{
		{"adam", adam, []string{"w", "mean", "square"}},
		{"rmsprop", rmsprop, []string{"w", "square"}},
		{"rmspropMomentum", velocity, []string{"w", "square", "momentum"}},
		{"adagrad", adagrad, []string{"w", "square"}},
		{"lion", lion, []string{"w", "mean"}},
	} {
		for _, name := range f.results {
			f.r.Out = append(f.r.Out, f.r.of[name])
		}
		if err := Elementwise(c, AVX2, f.name+"_f32_avx2", f.r.Region); err != nil {
			return err
		}
	}
	return nil
}
