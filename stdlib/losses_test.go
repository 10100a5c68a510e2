package stdlib_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/netc-lang/netc/ir/eval"
	"github.com/netc-lang/netc/runtime/tensor"
)

// floats returns numbers of lo..hi.
func floats(rng *rand.Rand, lo, hi float64, shape ...int) *eval.Tensor {
	x := eval.New(tensor.F32, shape...)
	for i := range x.F {
		x.F[i] = lo + (hi-lo)*rng.Float64()
	}
	return x
}

// scalar runs a net of one number.
func scalar(t *testing.T, signature, body string, inputs, states map[string]*eval.Tensor) float64 {
	t.Helper()
	m := compiled(t, fmt.Sprintf("package held\n\nnet Held : %s -> (y: f32)\n  = %s\n", signature, body))
	return infer(t, m, inputs, states)["y"].F[0]
}

func near(t *testing.T, what string, got, want, tolerance float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tolerance*max(1, math.Abs(want))) {
		t.Errorf("%s is %.9g, want %.9g", what, got, want)
	}
}

// TestBoxLosses computes iou, giou and ciou from their papers, box by box.
func TestBoxLosses(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	a, b := floats(rng, 0.1, 0.9, 2, 5, 4), floats(rng, 0.1, 0.9, 2, 5, 4)
	copy(b.F[:4], a.F[:4]) // one box is right
	want := map[string]float64{}
	for i := 0; i < len(a.F); i += 4 {
		p, q := a.F[i:i+4], b.F[i:i+4]
		edge := func(x []float64, axis int, side float64) float64 { return x[axis] + side*x[axis+2]/2 }
		span := func(axis int, far bool) float64 {
			if far {
				return max(edge(p, axis, 1), edge(q, axis, 1)) - min(edge(p, axis, -1), edge(q, axis, -1))
			}
			return max(0, min(edge(p, axis, 1), edge(q, axis, 1))-max(edge(p, axis, -1), edge(q, axis, -1)))
		}
		common := span(0, false) * span(1, false)
		joined := p[2]*p[3] + q[2]*q[3] - common
		iou := common / joined
		hull := span(0, true) * span(1, true)
		v := 4 / (math.Pi * math.Pi) * math.Pow(math.Atan(q[2]/q[3])-math.Atan(p[2]/p[3]), 2)
		alpha := 0.0
		if v > 0 {
			alpha = v / (1 - iou + v)
		}
		far := (math.Pow(p[0]-q[0], 2) + math.Pow(p[1]-q[1], 2)) / (math.Pow(span(0, true), 2) + math.Pow(span(1, true), 2))
		want["iou"] += (1 - iou) / 10
		want["giou"] += (1 - iou + (hull-joined)/hull) / 10
		want["ciou"] += (1 - iou + far + alpha*v) / 10
	}
	for _, name := range []string{"iou", "giou", "ciou"} {
		got := scalar(t, "(a: f32[N, 5, 4], b: f32[N, 5, 4])", name+"(a, b)", map[string]*eval.Tensor{"a": a, "b": b}, nil)
		near(t, name, got, want[name], 1e-5)
	}
}

// TestDecode moves priors as SSD does.
func TestDecode(t *testing.T) {
	m := compiled(t, `package held

const Priors = anchors(image=16, strides=[8], sizes=[0.5], ratios=[1, 4])

net Held : (x: f32[N, 8, 4]) -> (y: f32[N, 8, 4])
  = decode(x, Priors)
`)
	x := floats(rand.New(rand.NewPCG(2, 2)), -1, 1, 2, 8, 4)
	got := infer(t, m, map[string]*eval.Tensor{"x": x}, nil)["y"].F
	for i := range 16 {
		cell, wide := i%8/2, i%2 == 1
		p := [4]float64{0.25 + 0.5*float64(cell%2), 0.25 + 0.5*float64(cell/2), 0.5, 0.5}
		if wide {
			p[2], p[3] = 1, 0.25
		}
		d := x.F[4*i : 4*i+4]
		for k, want := range []float64{p[0] + 0.1*d[0]*p[2], p[1] + 0.1*d[1]*p[3], p[2] * math.Exp(0.2*d[2]), p[3] * math.Exp(0.2*d[3])} {
			near(t, fmt.Sprintf("number %d of box %d", k, i), got[4*i+k], want, 1e-6)
		}
	}
}

// TestPairLosses goes through all pairs and triples of a batch.
func TestPairLosses(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 3))
	const n, d = 7, 3
	x := floats(rng, -1, 1, n, d)
	ids := []int64{0, 1, 0, 2, 1, 0, 3} // 2 and 3 have nobody of their class
	inputs := map[string]*eval.Tensor{"x": x, "id": eval.Ints(tensor.I32, []int{n}, ids...)}
	far := func(i, j int) float64 {
		s := 0.0
		for k := range d {
			s += math.Pow(x.F[i*d+k]-x.F[j*d+k], 2)
		}
		return math.Sqrt(s)
	}
	const margin = 0.3
	mean := map[string][2]float64{}
	add := func(name string, v float64) { mean[name] = [2]float64{mean[name][0] + v, mean[name][1] + 1} }
	for i := range n {
		own, nearest := -1.0, math.Inf(1)
		for j := range n {
			if j == i {
				continue
			}
			if same := ids[i] == ids[j]; same {
				own = max(own, far(i, j))
				add("contrastive", far(i, j)*far(i, j))
			} else {
				nearest = min(nearest, far(i, j))
				add("contrastive", math.Pow(max(0, 1-far(i, j)), 2))
			}
			if ids[i] != ids[j] {
				continue
			}
			beyond, farthest := math.Inf(1), 0.0
			for k := range n {
				if ids[k] == ids[i] {
					continue
				}
				if v := far(i, j) - far(i, k) + margin; v > 0 {
					add("all", v)
				}
				farthest = max(farthest, far(i, k))
				if far(i, k) > far(i, j) {
					beyond = min(beyond, far(i, k))
				}
			}
			if math.IsInf(beyond, 1) {
				beyond = farthest
			}
			add("semihard", max(0, far(i, j)-beyond+margin))
		}
		if own >= 0 {
			add("hard", max(0, own-nearest+margin))
		}
	}
	for _, mining := range []string{"all", "hard", "semihard"} {
		got := scalar(t, "(x: f32[N, 3], id: i32[N])", "triplet(x, id, margin=0.3, mining="+mining+")", inputs, nil)
		near(t, "triplet "+mining, got, mean[mining][0]/mean[mining][1], 1e-5)
	}
	got := scalar(t, "(x: f32[N, 3], id: i32[N])", "contrastive(x, id)", inputs, nil)
	near(t, "contrastive", got, mean["contrastive"][0]/mean["contrastive"][1], 1e-5)
}

// TestNtXent is cross entropy over the cosines of two views, with each row's own
// counterpart as its class.
func TestNtXent(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 4))
	const n, d = 5, 4
	a, b := floats(rng, -1, 1, n, d), floats(rng, -1, 1, n, d)
	rows := append(append([]float64{}, a.F...), b.F...)
	cosine := func(i, j int) float64 {
		dot, p, q := 0.0, 0.0, 0.0
		for k := range d {
			u, v := rows[i*d+k], rows[j*d+k]
			dot, p, q = dot+u*v, p+u*u, q+v*v
		}
		return dot / math.Sqrt(p*q) / 0.5
	}
	want := 0.0
	for i := range 2 * n {
		total := 0.0
		for j := range 2 * n {
			if j != i {
				total += math.Exp(cosine(i, j))
			}
		}
		want += (math.Log(total) - cosine(i, (i+n)%(2*n))) / (2 * n)
	}
	got := scalar(t, "(a: f32[N, 4], b: f32[N, 4])", "nt_xent(a, b)", map[string]*eval.Tensor{"a": a, "b": b}, nil)
	near(t, "nt_xent", got, want, 1e-6)
}

// TestMargins computes the logits of arcface and cosface from angles.
func TestMargins(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 5))
	const n, d, k = 6, 3, 4
	x, w := floats(rng, -1, 1, n, d), floats(rng, -1, 1, k, d)
	ids := []int64{0, 1, 2, 3, 1, 2}
	for i := range d {
		w.F[3*d+i] = -x.F[3*d+i] // an angle of pi: beyond pi - margin
	}
	inputs := map[string]*eval.Tensor{"x": x, "id": eval.Ints(tensor.I32, []int{n}, ids...)}
	for name, margin := range map[string]float64{"arcface": 0.5, "cosface": 0.35} {
		m := compiled(t, fmt.Sprintf("package held\n\nnet Held : (x: f32[N, 3], id: i32[N]) -> (y: f32[N, 4])\n  = (x, id) |> %s(4, scale=10)\n", name))
		got := infer(t, m, inputs, map[string]*eval.Tensor{name + ".weight": w})["y"].F
		for i := range n {
			for c := range k {
				dot, p, q := 0.0, 0.0, 0.0
				for j := range d {
					u, v := x.F[i*d+j], w.F[c*d+j]
					dot, p, q = dot+u*v, p+u*u, q+v*v
				}
				cos := dot / math.Sqrt(p*q)
				want := cos
				if int64(c) == ids[i] {
					switch angle := math.Acos(max(min(cos, 1), -1)); {
					case name == "cosface":
						want = cos - margin
					case angle < math.Pi-margin:
						want = math.Cos(angle + margin)
					default:
						want = cos - math.Sin(margin)*margin
					}
				}
				near(t, fmt.Sprintf("%s, row %d, class %d", name, i, c), got[i*k+c], 10*want, 1e-4)
			}
		}
	}
}

// TestDiceAndDistill holds losses of probabilities against their formulas.
func TestDiceAndDistill(t *testing.T) {
	rng := rand.New(rand.NewPCG(6, 6))
	logits := floats(rng, -2, 2, 2, 3, 2, 2)
	labels := []int64{0, 1, 1, 0, 1, 1, 0, 0} // nothing is a 2
	want := 0.0
	for c := range 3 {
		both, all := 0.0, 0.0
		for i := range 8 {
			at := func(k int) float64 { return logits.F[(i/4*3+k)*4+i%4] }
			p := math.Exp(at(c)) / (math.Exp(at(0)) + math.Exp(at(1)) + math.Exp(at(2)))
			all += p
			if labels[i] == int64(c) {
				both, all = both+p, all+1
			}
		}
		want += (1 - (2*both+1)/(all+1)) / 3
	}
	got := scalar(t, "(x: f32[N, 3, 2, 2], y: i32[N, 2, 2])", "dice(x, y)",
		map[string]*eval.Tensor{"x": logits, "y": eval.Ints(tensor.I32, []int{2, 2, 2}, labels...)}, nil)
	near(t, "dice", got, want, 1e-6)

	a, b := floats(rng, -2, 2, 3, 4), floats(rng, -2, 2, 3, 4)
	want = 0
	for i := range 3 {
		share := func(x []float64, k int) float64 {
			total := 0.0
			for _, v := range x[4*i : 4*i+4] {
				total += math.Exp(v / 2)
			}
			return math.Exp(x[4*i+k]/2) / total
		}
		for k := range 4 {
			want += 4 * share(b.F, k) * math.Log(share(b.F, k)/share(a.F, k)) / 3
		}
	}
	got = scalar(t, "(a: f32[N, 4], b: f32[N, 4])", "distill(a, b, 2)", map[string]*eval.Tensor{"a": a, "b": b}, nil)
	near(t, "distill", got, want, 1e-6)
}

// TestDiffuse mixes as the cosine schedule says: at the last step almost only noise is
// left, and squares of the shares add up to 1.
func TestDiffuse(t *testing.T) {
	m := compiled(t, `package held

net Held : (x: f32[N, 2], noise: f32[N, 2], t: i32[N]) -> (y: f32[N, 2])
  = diffuse(x, noise, t, cosine_beta(50))
`)
	rng := rand.New(rand.NewPCG(7, 7))
	x, noise := floats(rng, -1, 1, 3, 2), floats(rng, -1, 1, 3, 2)
	steps := []int64{0, 20, 48}
	got := infer(t, m, map[string]*eval.Tensor{"x": x, "noise": noise, "t": eval.Ints(tensor.I32, []int{3}, steps...)}, nil)["y"].F
	at := func(t float64) float64 { return math.Pow(math.Cos((t/50+0.008)/1.008*math.Pi/2), 2) }
	for i := range 6 {
		left := at(float64(steps[i/2])+1) / at(0)
		near(t, fmt.Sprintf("number %d", i), got[i], math.Sqrt(left)*x.F[i]+math.Sqrt(1-left)*noise.F[i], 1e-5)
	}
}
