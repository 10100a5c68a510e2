package kernel

import (
	"fmt"
	"math"
	"testing"
)

// TestSGD follows PyTorch's definition in float64.
func TestSGD(t *testing.T) {
	r := newRand(t)
	for _, n := range []int{1, 5, 8, 100, 5000} {
		for _, momentum := range []float32{0, 0.9} {
			for _, nesterov := range []bool{false, true} {
				c := context(t, 2, 0, 0)
				const lr, decay = 0.1, 0.01
				w, g, v := normals(r, n), normals(r, n), normals(r, n)
				wantW, wantV := make([]float32, n), make([]float32, n)
				for i := range w {
					grad := float64(g[i]) + decay*float64(w[i])
					vel := float64(momentum)*float64(v[i]) + grad
					wantV[i] = float32(vel)
					if momentum == 0 {
						vel = grad
						wantV[i] = v[i]
					} else if nesterov {
						vel = grad + float64(momentum)*vel
					}
					wantW[i] = float32(float64(w[i]) - lr*vel)
				}
				SGD(c, w, g, v, lr, momentum, decay, nesterov)
				what := fmt.Sprintf("n=%d momentum=%v nesterov=%v", n, momentum, nesterov)
				wantClose(t, what+" weights", w, wantW, 1e-6)
				wantClose(t, what+" velocity", v, wantV, 1e-6)
			}
		}
	}
}

func TestBiasGrad(t *testing.T) {
	r := newRand(t)
	for _, s := range [][3]int{{1, 1, 1}, {3, 5, 1}, {64, 120, 1}, {2, 3, 7}, {5, 6, 100}, {1, 2, 20000}, {64, 6, 784}} {
		n, ch, area := s[0], s[1], s[2]
		dy := integers(r, n*ch*area)
		want := make([]float32, ch)
		for i, v := range dy {
			want[i/area%ch] += v
		}
		for _, threads := range []int{1, 3} {
			got := poison(ch)
			BiasGrad(context(t, threads, 0, 0), n, ch, area, got, dy)
			wantSame(t, fmt.Sprint(s), got, want)
		}
	}
}

func TestReluDX(t *testing.T) {
	y := []float32{1, 0, -1, float32(math.Copysign(0, -1)), 2, 3, 0, 1, 5, float32(math.NaN()), -3}
	dy := []float32{2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}
	want := []float32{2, 0, 0, 0, 6, 7, 0, 9, 10, 0, 0}
	got := poison(len(y))
	ReluDX(context(t, 1, 0, 0), got, y, dy)
	wantSame(t, "relu", got, want)
}

// TestEpilogueNaN: a NaN passes every activation, whatever the order of compares.
func TestEpilogueNaN(t *testing.T) {
	nan := float32(math.NaN())
	for act := ActNone; act <= ActHardswish; act++ {
		e := Epilogue{Act: act}
		if act == ActClamp {
			e.Args = [2]float32{-1, 1}
		}
		p := NewDense(1, 16, false, e)
		per, shared := p.Need(1)
		c := context(t, 1, per, shared)
		packed, y := make([]float32, p.PackedLen()), make([]float32, 16)
		w := make([]float32, 16)
		for i := range w {
			w[i] = 1
		}
		p.Pack(packed, w)
		p.Run(c, 1, y, []float32{nan}, packed, nil, nil)
		if y[3] == y[3] {
			t.Errorf("%v: got %v for NaN", act, y[3])
		}
	}
}

func TestParseAct(t *testing.T) {
	for a := ActNone; a <= ActHardswish; a++ {
		if got, ok := ParseAct(a.String()); !ok || got != a {
			t.Errorf("%v: got %v, %v", a, got, ok)
		}
	}
	if _, ok := ParseAct("swish"); ok {
		t.Error("swish was accepted")
	}
}
