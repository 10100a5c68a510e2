package kernel

import (
	"fmt"
	"math"
	"testing"

	"github.com/netc-lang/netc/runtime/tensor"
)

// normGroup is one group of elements that share a mean, in float64: indices of x
// and the channel of each.
type normGroup struct{ at, channel []int }

// oracle normalises groups and differentiates by the formulas.
func normOracle(groups []normGroup, channels int, x, dy, weight, bias []float32, eps float64) (y, mean, invstd, dx, dw, db []float32) {
	y, dx = make([]float32, len(x)), make([]float32, len(x))
	sw, sb := make([]float64, channels), make([]float64, channels)
	for _, g := range groups {
		n, m, v := float64(len(g.at)), 0.0, 0.0
		for _, i := range g.at {
			m += float64(x[i]) / n
		}
		for _, i := range g.at {
			v += (float64(x[i]) - m) * (float64(x[i]) - m) / n
		}
		is := 1 / math.Sqrt(v+eps)
		mean, invstd = append(mean, float32(m)), append(invstd, float32(is))
		su, sh := 0.0, 0.0
		for k, i := range g.at {
			c := g.channel[k]
			hat := (float64(x[i]) - m) * is
			y[i] = float32(hat*float64(weight[c]) + float64(bias[c]))
			u := float64(dy[i]) * float64(weight[c])
			su += u / n
			sh += u * hat / n
			sw[c] += float64(dy[i]) * hat
			sb[c] += float64(dy[i])
		}
		for k, i := range g.at {
			hat := (float64(x[i]) - m) * is
			dx[i] = float32(is * (float64(dy[i])*float64(weight[g.channel[k]]) - su - hat*sh))
		}
	}
	for c := range channels {
		dw, db = append(dw, float32(sw[c])), append(db, float32(sb[c]))
	}
	return y, mean, invstd, dx, dw, db
}

func TestNorm(t *testing.T) {
	r := newRand(t)
	for _, s := range []NormShape{{4, 10, 1, 0}, {2, 6, 5, 0}, {3, 8, 9, 2}, {2, 6, 25, 6}, {1, 1, 30, 1}, {64, 256, 1, 0}, {2, 6, 77, 0}, {1, 40, 1, 0}, {3, 15, 1, 3}, {2, 40, 1, 2}} {
		groups := make([]normGroup, s.Stats())
		for o := range s.Outer {
			for a := range s.Axis {
				for i := range s.Inner {
					k := o*s.Inner + i
					if s.Groups > 0 {
						k = o*s.Groups + a/(s.Axis/s.Groups)
					}
					groups[k].at = append(groups[k].at, (o*s.Axis+a)*s.Inner+i)
					groups[k].channel = append(groups[k].channel, a)
				}
			}
		}
		x, dy, w, b := normals(r, s.len()), normals(r, s.len()), normals(r, s.Axis), normals(r, s.Axis)
		y, mean, invstd, dx, dw, db := normOracle(groups, s.Axis, x, dy, w, b, 1e-5)
		c, what := context(t, 2, 0, 0), fmt.Sprintf("%+v ", s)
		gy, gm, gi := poison(s.len()), poison(s.Stats()), poison(s.Stats())
		Norm(c, s, gy, gm, gi, x, w, b, 1e-5)
		alone := poison(s.len())
		Norm(c, s, alone, nil, nil, x, w, b, 1e-5)
		wantClose(t, what+"y without its statistics", alone, gy, 0)
		gdx, gdw, gdb := poison(s.len()), poison(s.Axis), poison(s.Axis)
		NormDX(c, s, gdx, gdw, gdb, x, dy, w, gm, gi)
		wantClose(t, what+"y", gy, y, 1e-5)
		wantClose(t, what+"mean", gm, mean, 1e-5)
		wantClose(t, what+"invstd", gi, invstd, 1e-5)
		wantClose(t, what+"dx", gdx, dx, 1e-4)
		wantClose(t, what+"dweight", gdw, dw, 1e-5)
		wantClose(t, what+"dbias", gdb, db, 1e-5)
	}
}

func TestBatchNorm(t *testing.T) {
	r := newRand(t)
	for _, s := range [][3]int{{4, 3, 10}, {1, 2, 1}, {5, 1, 7}, {32, 16, 64}} {
		n, ch, area := s[0], s[1], s[2]
		groups := make([]normGroup, ch)
		for i := range n * ch * area {
			c := i / area % ch
			groups[c].at, groups[c].channel = append(groups[c].at, i), append(groups[c].channel, c)
		}
		x, dy, w, b := normals(r, n*ch*area), normals(r, n*ch*area), normals(r, ch), normals(r, ch)
		runMean, runVar := normals(r, ch), normals(r, ch)
		y, mean, invstd, dx, dw, db := normOracle(groups, ch, x, dy, w, b, 1e-3)
		m := float64(n * area)
		wantMean, wantVar := make([]float32, ch), make([]float32, ch)
		for c := range ch {
			v := 1/float64(invstd[c])/float64(invstd[c]) - 1e-3
			wantMean[c] = float32(0.9*float64(runMean[c]) + 0.1*float64(mean[c]))
			wantVar[c] = float32(0.9*float64(runVar[c]) + 0.1*v*m/max(m-1, 1))
		}
		c := context(t, 2, 0, 0)
		gy, gm, gi := poison(len(x)), poison(ch), poison(ch)
		BatchNormTrain(c, n, ch, area, gy, gm, gi, runMean, runVar, x, w, b, runMean, runVar, 1e-3, 0.1)
		gdx, gdw, gdb := poison(len(x)), poison(ch), poison(ch)
		BatchNormDX(c, n, ch, area, gdx, gdw, gdb, x, dy, w, gm, gi)
		what := fmt.Sprintf("%v ", s)
		wantClose(t, what+"y", gy, y, 1e-5)
		wantClose(t, what+"mean", gm, mean, 1e-5)
		wantClose(t, what+"invstd", gi, invstd, 1e-5)
		wantClose(t, what+"running mean", runMean, wantMean, 1e-5)
		wantClose(t, what+"running variance", runVar, wantVar, 1e-4)
		wantClose(t, what+"dx", gdx, dx, 1e-3)
		wantClose(t, what+"dweight", gdw, dw, 1e-5)
		wantClose(t, what+"dbias", gdb, db, 1e-5)
	}
}

// TestResize checks values against the formula and the gradient as the transpose:
// <resize(x), g> = <x, resizeDX(g)>.
func TestResize(t *testing.T) {
	r := newRand(t)
	for _, s := range []ResizeShape{{2, 3, 4, 2, 2, false}, {2, 3, 4, 2, 2, true}, {1, 5, 1, 3, 1, true}, {3, 1, 7, 1, 4, false}, {2, 6, 5, 4, 3, true}} {
		c := context(t, 2, 0, 0)
		x, g := integers(r, s.Planes*s.small()), integers(r, s.Planes*s.large())
		y, dx := poison(len(g)), poison(len(x))
		Resize(c, s, y, x)
		ResizeDX(c, s, dx, g)
		at := func(plane, h, w int) float64 {
			return float64(x[(plane*s.H+min(h, s.H-1))*s.W+min(w, s.W-1)])
		}
		for i, got := range y {
			wide, high := s.W*s.ScaleW, s.H*s.ScaleH
			plane, p, q := i/wide/high, i/wide%high, i%wide
			want := at(plane, p/s.ScaleH, q/s.ScaleW)
			if s.Bilinear {
				h := max((float64(p)+0.5)/float64(s.ScaleH)-0.5, 0)
				w := max((float64(q)+0.5)/float64(s.ScaleW)-0.5, 0)
				ih, iw, fh, fw := int(h), int(w), h-math.Floor(h), w-math.Floor(w)
				want = (1-fh)*((1-fw)*at(plane, ih, iw)+fw*at(plane, ih, iw+1)) + fh*((1-fw)*at(plane, ih+1, iw)+fw*at(plane, ih+1, iw+1))
			}
			if math.Abs(float64(got)-want) > 1e-5 {
				t.Fatalf("%+v: got %v at %d, want %v", s, got, i, want)
			}
		}
		left, right := 0.0, 0.0
		for i := range y {
			left += float64(y[i]) * float64(g[i])
		}
		for i := range x {
			right += float64(x[i]) * float64(dx[i])
		}
		if math.Abs(left-right) > 1e-3 {
			t.Errorf("%+v: <y, g> is %v and <x, dx> is %v", s, left, right)
		}
	}
}

// TestRandom compares with the law of runtime/tensor, element by element.
func TestRandom(t *testing.T) {
	const n, seed, stream, p = 10000, 42, 7, 0.3
	for _, threads := range []int{1, 3} {
		c := context(t, threads, 0, 0)
		u, z, b := poison(n), poison(n), poison(n)
		RandomUniform(c, u, seed, stream)
		RandomNormal(c, z, seed, stream)
		RandomBernoulli(c, b, seed, stream, p)
		for i := range u {
			want := tensor.Uniform(seed, stream, uint64(i))
			if u[i] != want {
				t.Fatalf("uniform: got %v at %d, want %v", u[i], i, want)
			}
			if want := tensor.Normal(seed, stream, uint64(i)); z[i] != want {
				t.Fatalf("normal: got %v at %d, want %v", z[i], i, want)
			}
			if (b[i] == 1) != (want < p) || b[i] != 0 && b[i] != 1 {
				t.Fatalf("bernoulli: got %v at %d where the uniform number is %v", b[i], i, want)
			}
		}
	}
}

func TestInt32(t *testing.T) {
	inf := float32(math.Inf(1))
	for _, row := range []struct {
		x    float32
		want int32
	}{{0, 0}, {1.9, 1}, {-1.9, -1}, {3e9, math.MaxInt32}, {-3e9, math.MinInt32}, {inf, math.MaxInt32}, {-inf, math.MinInt32}, {float32(math.NaN()), 0}, {2147483520, 2147483520}} {
		if got := Int32(row.x); got != row.want {
			t.Errorf("got %d for %v, want %d", got, row.x, row.want)
		}
	}
	x := []float32{1.5, -2.5, 3}
	y, back := make([]int32, 3), make([]float32, 3)
	c := context(t, 1, 0, 0)
	FloatToInt32(c, y, x)
	Int32ToFloat(c, back, y)
	wantSame(t, "there and back", back, []float32{1, -2, 3})
}
