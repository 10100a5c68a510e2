package kernel

import (
	"fmt"
	"math"
	"slices"
	"testing"
)

// optimizerCase is a rule as kernel and as formula in float64 of one weight; a and
// b are its slots.
type optimizerCase struct {
	name  string
	run   func(c *Ctx, w, g, a, b []float32, lr, t float32)
	law   func(t, lr, w, g, a, b float64) (nextW, nextA, nextB float64)
	slots int
}

func optimizerCases() (out []optimizerCase) {
	const beta1, beta2, alpha, eps = 0.8, 0.95, 0.9, 1e-3
	for _, decay := range []float64{0, 0.1} {
		for _, decoupled := range []bool{false, true} {
			out = append(out, optimizerCase{
				name:  fmt.Sprintf("adam decay=%v decoupled=%v", decay, decoupled),
				slots: 2,
				run: func(c *Ctx, w, g, a, b []float32, lr, t float32) {
					Adam(c, w, g, a, b, lr, t, AdamRule{Beta1: beta1, Beta2: beta2, Eps: eps, Decay: decay, Decoupled: decoupled})
				},
				law: func(t, lr, w, g, m, v float64) (float64, float64, float64) {
					if decoupled {
						w *= 1 - lr*decay
					} else {
						g += decay * w
					}
					m = beta1*m + (1-beta1)*g
					v = beta2*v + (1-beta2)*g*g
					mean, square := m/(1-math.Pow(beta1, t)), v/(1-math.Pow(beta2, t))
					return w - lr*mean/(math.Sqrt(square)+eps), m, v
				},
			})
		}
		for _, momentum := range []float64{0, 0.7} {
			c := optimizerCase{
				name: fmt.Sprintf("rmsprop decay=%v momentum=%v", decay, momentum), slots: 2,
				run: func(c *Ctx, w, g, a, b []float32, lr, _ float32) {
					RMSProp(c, w, g, a, b, lr, RMSPropRule{Alpha: alpha, Eps: eps, Momentum: momentum, Decay: decay})
				},
				law: func(_, lr, w, g, s, v float64) (float64, float64, float64) {
					g += decay * w
					s = alpha*s + (1-alpha)*g*g
					v = momentum*v + g/(math.Sqrt(s)+eps)
					return w - lr*v, s, v
				},
			}
			if momentum == 0 {
				c.slots = 1
			}
			out = append(out, c)
		}
		out = append(out, optimizerCase{
			name: fmt.Sprintf("adagrad decay=%v", decay), slots: 1,
			run: func(c *Ctx, w, g, a, _ []float32, lr, _ float32) { Adagrad(c, w, g, a, lr, eps, decay) },
			law: func(_, lr, w, g, s, _ float64) (float64, float64, float64) {
				g += decay * w
				s += g * g
				return w - lr*g/(math.Sqrt(s)+eps), s, 0
			},
		}, optimizerCase{
			name: fmt.Sprintf("lion decay=%v", decay), slots: 1,
			run: func(c *Ctx, w, g, a, _ []float32, lr, _ float32) {
				Lion(c, w, g, a, lr, LionRule{Beta1: beta1, Beta2: beta2, Decay: decay})
			},
			law: func(_, lr, w, g, m, _ float64) (float64, float64, float64) {
				step := 0.0
				if u := beta1*m + (1-beta1)*g; u != 0 {
					step = math.Copysign(1, u)
				}
				return w*(1-lr*decay) - lr*step, beta2*m + (1-beta2)*g, 0
			},
		})
	}
	return out
}

// optimizerRun are the operands of three steps over n weights.
type optimizerRun struct{ w, a, b []float32 }

func (o optimizerCase) steps(c *Ctx, start []float32, grads [][]float32) optimizerRun {
	n := len(start)
	r := optimizerRun{w: slices.Clone(start), a: make([]float32, n), b: make([]float32, n)}
	for k, g := range grads {
		kept := slices.Clone(g)
		b := r.b
		if o.slots < 2 {
			b = nil
		}
		o.run(c, r.w, g, r.a, b, 0.1, float32(k+1))
		if !slices.Equal(g, kept) {
			panic("the gradient was changed")
		}
	}
	return r
}

// TestOptimizers compares three steps of every rule with its formula, with another
// number of threads, and with the other twin, of which both must give the same
// bits. Some gradients are 0, as the gaps of an arena are.
func TestOptimizers(t *testing.T) {
	r := newRand(t)
	defer func(was bool) { vector = was }(vector)
	was := vector
	for _, o := range optimizerCases() {
		for _, n := range []int{1, 5, 8, 17, 100, 5000} {
			start, grads := normals(r, n), [][]float32{normals(r, n), normals(r, n), normals(r, n)}
			for _, g := range grads {
				g[n/2] = 0
			}
			start[n/2] = 0
			what := fmt.Sprintf("%s n=%d", o.name, n)
			got := o.steps(context(t, 1, 0, 0), start, grads)
			want := optimizerRun{make([]float32, n), make([]float32, n), make([]float32, n)}
			for i := range n {
				w, a, b := float64(start[i]), 0.0, 0.0
				for k, g := range grads {
					w, a, b = o.law(float64(k+1), float64(float32(0.1)), w, float64(g[i]), a, b)
				}
				want.w[i], want.a[i], want.b[i] = float32(w), float32(a), float32(b)
			}
			wantClose(t, what+" weights", got.w, want.w, 2e-6)
			wantClose(t, what+" first slot", got.a, want.a, 2e-6)
			if o.slots > 1 {
				wantClose(t, what+" second slot", got.b, want.b, 2e-6)
			}
			other := o.steps(context(t, 3, 0, 0), start, grads)
			wantSame(t, what+" threads: weights", other.w, got.w)
			wantSame(t, what+" threads: first slot", other.a, got.a)
			if was {
				vector = false
				other = o.steps(context(t, 1, 0, 0), start, grads)
				vector = true
				wantSame(t, what+" twins: weights", other.w, got.w)
				wantSame(t, what+" twins: first slot", other.a, got.a)
				wantSame(t, what+" twins: second slot", other.b, got.b)
			}
		}
	}
}

// TestOptimizersNaN: a gradient that is no number shows in the weights or slots of
// its element, in both twins, and in no other.
func TestOptimizersNaN(t *testing.T) {
	defer func(was bool) { vector = was }(vector)
	for _, v := range []bool{vector, false} {
		vector = v
		for _, o := range optimizerCases() {
			g := []float32{1, 2, 3, 4, float32(math.NaN()), 6, 7, 8, 9}
			w, a, b := make([]float32, len(g)), make([]float32, len(g)), make([]float32, len(g))
			o.run(context(t, 1, 0, 0), w, g, a, b, 0.1, 1)
			for i := range w {
				bad := w[i] != w[i] || a[i] != a[i]
				if bad != (i == 4) {
					t.Errorf("%s vector=%v: element %d is %v with slot %v", o.name, v, i, w[i], a[i])
				}
			}
		}
	}
}
