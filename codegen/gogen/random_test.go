package gogen

import (
	"bytes"
	"fmt"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/netc-lang/netc/ir"
	"github.com/netc-lang/netc/ir/eval"
	"github.com/netc-lang/netc/ir/target"
	"github.com/netc-lang/netc/passes/passtest"
	"github.com/netc-lang/netc/runtime/tensor"
)

// randomNet is one network of the test.
type randomNet struct {
	name   string
	module *ir.Module // of this network alone
}

// pictureNets returns networks of consecutive seeds.
func pictureNets(first uint64, count int) []randomNet {
	nets := make([]randomNet, count)
	for i := range nets {
		name := fmt.Sprintf("R%d", first+uint64(i))
		m := passtest.Pictures(name, first+uint64(i))
		m.Data = []*ir.Data{{Name: "Noise", Fields: []ir.Field{{Name: "image", Type: typ(tensor.U8, "H", "W", 1)}}}}
		m.Trains[0].Data = "Noise"
		nets[i] = randomNet{name, m}
	}
	return nets
}

// together is one module of all nets, so that one package has them all.
func together(nets []randomNet) *ir.Module {
	all := &ir.Module{Name: "random", Source: "random.net", Data: nets[0].module.Data}
	for _, n := range nets {
		c := n.module.Clone()
		all.Funcs = append(all.Funcs, c.Funcs...)
		all.States = append(all.States, c.States...)
		all.Trains = append(all.Trains, c.Trains...)
	}
	return all
}

// initialStates returns values of the states of m in the range that they start in.
func initialStates(m *ir.Module) map[string]*eval.Tensor {
	states := map[string]*eval.Tensor{}
	for k, s := range m.States {
		shape, _ := stateShape(s)
		size := make([]int, len(shape))
		for i, d := range shape {
			size[i] = int(d)
		}
		v := eval.New(tensor.F32, size...)
		lo, hi := s.Init.Args[0], s.Init.Args[1]
		for i := range v.F {
			v.F[i] = float64(float32(lo + (hi-lo)*float64(tensor.Uniform(7, uint64(k), uint64(i)))))
		}
		states[s.Name] = v
	}
	return states
}

// randomVariant is one way to compile the networks.
type randomVariant struct {
	name    string
	layouts target.Layouts
	group   int64 // images that run together; 0: as the compiler finds best
	disable []string
	tight   bool   // training with as little memory as goes
	algo    string // of the convolutions that have it, in place of what kernels choose
}

// TestRandomNetworks compares random image networks with the naive evaluator: forward
// and gradient, on blocks of channels and plain, with all passes and without the
// optional ones, in every instruction set and in pure Go; results must be the same bits
// for every number of threads, alone and beside other sessions of the model, and no call
// allocates. A small number of networks by default; two thousand take
// half an hour:
//
//	NETC_RANDOM_NETS=2000 go test -run TestRandomNetworks -timeout 120m ./codegen/gogen
//
// NETC_RANDOM_NETS=1@1234 is the one network of that seed; from seed 1000000 on all have the
// layers that one in eight has below it, from 2000000 on the unusual attributes, too, and from
// 3000000 on many 1x1 convolutions of whole quarters.
func TestRandomNetworks(t *testing.T) {
	if testing.Short() {
		t.Skip("builds programs")
	}
	t.Parallel() // with other tests that build programs
	const chunk = 48
	count, first := chunk, uint64(0)
	if ask := os.Getenv("NETC_RANDOM_NETS"); ask != "" {
		count, first = asked(t, ask)
	}
	kinks := 0
	for k := 0; k*chunk < count; k++ {
		nets := pictureNets(first+uint64(k*chunk), min(chunk, count-k*chunk))
		off := randomVariant{"off", target.Layouts(k % 3), 0, optional(), false, ""}
		t.Run(fmt.Sprintf("%s-%s", nets[0].name, nets[len(nets)-1].name), func(t *testing.T) {
			kinks += checkRandom(t, nets, []randomVariant{{"on", target.OnlyBlocked, 2, nil, false, ""}, off}, count > chunk && k%4 == 0)
		})
	}
	t.Logf("%d networks; the gradients of %d lie at a kink", count, kinks)
	if kinks > 1+count/100 {
		t.Errorf("the gradients of %d networks lie at kinks, expected few", kinks)
	}
}

// asked reads N or N@SEED.
func asked(t *testing.T, ask string) (count int, first uint64) {
	t.Helper()
	n, from, _ := strings.Cut(ask, "@")
	count, err := strconv.Atoi(n)
	if err != nil || count < 1 {
		t.Fatalf("NETC_RANDOM_NETS is %q, expected a number of networks, or N@SEED", ask)
	}
	if from != "" {
		if first, err = strconv.ParseUint(from, 10, 64); err != nil {
			t.Fatal(err)
		}
	}
	return count, first
}

// TestNetworksFound compiles networks of TestRandomNetworks of which a compiler of netc
// once made something else.
func TestNetworksFound(t *testing.T) {
	for _, found := range []struct {
		seed uint64
		what string
	}{
		{20130, "groups of channels of plain maps of one pixel, which a view takes for blocks"},
		{70499, "norms of groups of channels of maps of one pixel, which all took the weights of the first group"},
	} {
		t.Run(found.what, func(t *testing.T) {
			checkRandom(t, pictureNets(found.seed, 1), []randomVariant{{"on", target.OnlyBlocked, 2, nil, false, ""}}, false)
		})
	}
}

// TestStrassenNetworks is TestRandomNetworks where all 1x1 convolutions and gradients that
// Strassen's algorithm can compute are computed by it.
func TestStrassenNetworks(t *testing.T) {
	if testing.Short() {
		t.Skip("builds programs")
	}
	t.Parallel() // with other tests that build programs
	checkRandom(t, pictureNets(3_000_000, 16), []randomVariant{{"on", target.OnlyBlocked, 2, nil, false, "strassen"}}, false)
}

// ask gives an algorithm to the layers of m that have it, and returns how many by operation.
func ask(m *ir.Module, algo string) map[string]int {
	asked := map[string]int{}
	for _, f := range m.Funcs {
		for _, in := range f.Instrs {
			c, ok := ir.ContractionOf(in, ir.UsualImages(m, f))
			if !ok || in.Op.Name != "conv_dw" && in.Outs[0].Layout.Plain() {
				continue
			}
			if names, _ := c.Algorithms(); slices.Contains(names, algo) {
				in.Attrs["algo"] = algo
				asked[in.Op.Name]++
			}
		}
	}
	return asked
}

// checkRandom compiles the nets in each variant and checks what they compute. It
// returns the number of networks whose gradients no two programs can agree on.
func checkRandom(t *testing.T, nets []randomNet, variants []randomVariant, pure bool) (kinks int) {
	w := newWorkspace(t)
	writeRandom(t, w, nets, variants)
	type run struct{ what, program, isa string }
	program := w.build("./cmd/random")
	runs := []run{{"avx512", program, "avx512"}, {"avx2", program, "avx2"}, {"generic", program, "generic"}}
	if pure { // the same loops, in a program without assembly
		runs[2] = run{"purego", w.build("-tags=purego", "./cmd/random"), ""}
	}
	want, kinked := make([]*randomWant, len(nets)), make([]bool, len(nets))
	for _, r := range runs {
		var first []byte
		batches := []string{"1", "2", "5"}              // with groups of two: none, one, and two with a rest
		if r.program != program || r.isa == "generic" { // the loops in Go take their time
			batches = batches[:1]
		}
		for _, threads := range []string{"1", "2"} {
			if threads != "1" && len(batches) == 1 {
				continue
			}
			out := w.runRandom([]string{"NETC_ISA=" + r.isa}, r.program, threads, batches...)
			if threads != "1" {
				if !bytes.Equal(out, first) {
					t.Errorf("%s: got other bits with %s threads than with one: %s", r.what, threads, firstDifference(t, first, out))
				}
				continue
			}
			first = out
			got := records(t, out)
			for i, n := range nets {
				for _, v := range variants {
					if want[i] == nil {
						want[i] = wantRandom(t, n, got, v.name+" "+n.name)
					}
					if want[i].check(t, r.what, v.name+" "+n.name, got) {
						kinked[i] = true
					}
				}
			}
		}
	}
	for _, k := range kinked {
		if k {
			kinks++
		}
	}
	return kinks
}

// randomWant is what the evaluator finds for one network.
type randomWant struct {
	net    randomNet
	infer  map[string]*eval.Tensor // by batch and result
	step   passtest.Outcome
	eval   *eval.Tensor
	before map[string]*eval.Tensor
	// moved are the outcomes for images a little off, where gradients are not
	// continuous; made when they are wanted.
	moved []passtest.Outcome
	plan  *ir.Module
}

// wantRandom evaluates a network; its training begins at the states that the program
// of key began at.
func wantRandom(t *testing.T, n randomNet, got map[string][]float32, key string) *randomWant {
	t.Helper()
	w := &randomWant{net: n, infer: map[string]*eval.Tensor{}, before: map[string]*eval.Tensor{}}
	f := n.module.Funcs[0]
	for _, size := range []int{1, 2, 5} {
		r, err := eval.Run(f, map[string]*eval.Tensor{"image": randomInput(f.Inputs[0], 0, size, 0)}, &eval.Env{States: initialStates(n.module)})
		if err != nil {
			t.Fatal(err)
		}
		for name, v := range r {
			w.infer[fmt.Sprint(size, " ", name)] = v
		}
	}
	w.plan = planWith(t, n.module, target.OnlyPlain, optional()...)
	for name, v := range initialStates(n.module) {
		values, ok := got[key+" before "+name]
		if !ok { // nothing that counts depends on it
			continue
		}
		for i, x := range values {
			v.F[i] = float64(x)
		}
		w.before[name] = v
	}
	w.step = w.train(t, 0, 0)
	ev := w.plan.Func(w.plan.Trains[0].Eval)
	r, err := eval.Run(ev, map[string]*eval.Tensor{"image": randomInput(ev.Inputs[0], 0, 2, 0)}, &eval.Env{States: w.step.States})
	if err != nil {
		t.Fatal(err)
	}
	w.eval = r["loss"]
	return w
}

// train does one step on a batch whose numbers are off by at most a share of their
// size, another one for every seed.
func (w *randomWant) train(t *testing.T, off float64, seed uint64) passtest.Outcome {
	t.Helper()
	env := &eval.Env{States: map[string]*eval.Tensor{}, Slots: map[string]*eval.Tensor{}}
	for name, v := range w.before {
		env.States[name] = &eval.Tensor{Type: v.Type, Shape: v.Shape, F: append([]float64(nil), v.F...)}
	}
	step := w.plan.Func(w.plan.Trains[0].Loss)
	inputs := map[string]*eval.Tensor{"lr": eval.Scalar(0.01), "seed": eval.Ints(tensor.I64, nil, 5)}
	for _, v := range step.Inputs {
		if v.Name == "image" {
			x := randomInput(v, 0, 2, 0)
			for i := range x.F {
				x.F[i] *= 1 + off*float64(2*tensor.Uniform(seed, 3, uint64(i))-1)
			}
			inputs[v.Name] = x
		}
	}
	r, err := eval.Run(step, inputs, env)
	if err != nil {
		t.Fatal(err)
	}
	return passtest.Outcome{Results: r, States: env.States, Slots: env.Slots}
}

// check compares one variant with what is wanted, and reports whether gradients lie at a
// kink.
func (w *randomWant) check(t *testing.T, what, key string, got map[string][]float32) (kinked bool) {
	t.Helper()
	where := what + " " + key
	for name, v := range w.infer {
		if got[key+" "+name[:1]+" map"] == nil {
			continue // that batch did not run
		}
		if d := distance(got[key+" "+name], v, 0); !(d <= 1e-4) {
			t.Errorf("%s batch %s: differs by %.3g of the largest, want 1e-4", where, name, d)
		}
	}
	if d := distance(got[key+" loss"], w.step.Results["loss"], 0); !(d <= 1e-4) {
		t.Errorf("%s loss: differs by %.3g, want 1e-4", where, d)
	}
	largest := 0.0 // of all gradients: what cancels leaves rounding errors of that size
	for _, v := range w.step.Slots {
		for _, x := range v.F {
			largest = max(largest, math.Abs(x))
		}
	}
	for name, v := range w.step.Slots {
		d := distance(got[key+" slot "+name], v, largest/100)
		if d <= 1e-3 {
			continue
		}
		if w.kinked(t, name, largest/100, d) {
			kinked = true
			continue
		}
		t.Errorf("%s gradient of %s: differs by %.3g of the largest, want 1e-3", where, name, d)
	}
	if kinked {
		return true // the steps are others then
	}
	for name := range w.before {
		v := w.step.States[name]
		if d := distance(got[key+" state "+name], v, largest/100); !(d <= 2e-4) {
			t.Errorf("%s state %s: differs by %.3g of the largest, want 2e-4", where, name, d)
		}
	}
	if d := distance(got[key+" eval"], w.eval, 0); !(d <= 1e-3) {
		t.Errorf("%s loss of the evaluation: differs by %.3g, want 1e-3", where, d)
	}
	return false
}

// kinkTries is how many images are tried: one may fall on the same side by chance.
const kinkTries = 16

// kinked reports whether the gradient of name moves by about as much as d when the
// image moves by rounding errors: an activation is at the corner of its curve then, or
// two pixels of a window are as large as one another.
func (w *randomWant) kinked(t *testing.T, name string, least, d float64) bool {
	t.Helper()
	for seed := range kinkTries {
		if seed == len(w.moved) {
			w.moved = append(w.moved, w.train(t, 1e-5, uint64(seed)))
		}
		slot := w.moved[seed].Slots[name]
		values := make([]float32, len(slot.F))
		for i, x := range slot.F {
			values[i] = float32(x)
		}
		if distance(values, w.step.Slots[name], least) >= d/4 {
			return true
		}
	}
	return false
}

// distance is the largest difference as a share of the largest value, or of least if
// that is more; infinite for another number of values.
func distance(got []float32, want *eval.Tensor, least float64) float64 {
	if want == nil || len(got) != len(want.F) {
		return math.Inf(1)
	}
	largest, worst := max(least, 1e-3), 0.0
	for i, w := range want.F {
		largest = max(largest, math.Abs(w))
		d := math.Abs(float64(got[i]) - w)
		if !(d <= worst) {
			worst = d
		}
	}
	return worst / largest
}
