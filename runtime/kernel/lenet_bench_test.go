package kernel

import (
	"fmt"
	"math/rand/v2"
	"sort"
	"strings"
	"testing"
	"time"
)

// lenet is one training step of LeNet-5 with rectifiers and maximum pooling, as a
// sequence of kernel calls: conv 6@5x5 pad 2 on 28x28, pool 2, conv 16@5x5, pool 2,
// dense 400-120-84-10, cross entropy, backward, SGD with momentum.
type lenet struct {
	n     int
	c     *Ctx
	steps []lenetStep
}

type lenetStep struct {
	name string
	macs int
	run  func()
}

func newLenet(t testing.TB, r *rand.Rand, n, threads int) *lenet {
	l := &lenet{n: n}
	need := [2]int{}
	grow := func(per, shared int) { need[0], need[1] = max(need[0], per), max(need[1], shared) }
	relu := Epilogue{Bias: true, Act: ActRelu}
	s1 := ConvShape{C: 1, H: 28, W: 28, O: 6, R: 5, S: 5, StrideH: 1, StrideW: 1, PadTop: 2, PadLeft: 2, PadBottom: 2, PadRight: 2, DilH: 1, DilW: 1, Groups: 1}
	s2 := ConvShape{C: 6, H: 14, W: 14, O: 16, R: 5, S: 5, StrideH: 1, StrideW: 1, DilH: 1, DilW: 1, Groups: 1}
	p1 := &PoolShape{C: 6, H: 28, W: 28, R: 2, S: 2, StrideH: 2, StrideW: 2}
	p2 := &PoolShape{C: 16, H: 10, W: 10, R: 2, S: 2, StrideH: 2, StrideW: 2}
	conv1, conv2 := NewConv(s1, relu), NewConv(s2, relu)
	dw1, dw2, dx2 := NewConvDW(s1), NewConvDW(s2), NewConvDX(s2)
	grow(conv1.Need(n))
	grow(conv2.Need(n))
	grow(dw1.Need(n))
	grow(dw2.Need(n))
	grow(dx2.Need(n))
	sizes := []int{400, 120, 84, 10}
	x := normals(r, n*784)
	label := make([]int32, n)
	for i := range label {
		label[i] = int32(r.IntN(10))
	}
	var params, grads, moments [][]float32
	param := func(size int, scale float32) (w, g []float32) {
		w, g = normals(r, size), make([]float32, size)
		for i := range w {
			w[i] *= scale
		}
		params, grads, moments = append(params, w), append(grads, g), append(moments, make([]float32, size))
		return w, g
	}
	add := func(name string, macs int, run func()) { l.steps = append(l.steps, lenetStep{name, macs, run}) }
	buf := func(size int) []float32 { return make([]float32, n*size) }

	w1, gw1 := param(150, 0.2)
	b1, gb1 := param(6, 0.1)
	w2, gw2 := param(2400, 0.08)
	b2, gb2 := param(16, 0.1)
	y1, dy1, y2, dy2 := buf(s1.out()), buf(s1.out()), buf(s2.out()), buf(s2.out())
	q1, dq1, q2, dq2 := buf(1176), buf(1176), buf(400), buf(400)
	at1, at2 := make([]uint8, n*1176), make([]uint8, n*400)
	k1, k2, k2x := make([]float32, 150), make([]float32, 2400), make([]float32, 2400)
	add("conv1", n*s1.macs(), func() { conv1.Pack(k1, w1); conv1.Run(l.c, n, y1, x, k1, b1, nil) })
	add("pool1", 0, func() { MaxPool(l.c, p1, n, q1, at1, y1) })
	add("conv2", n*s2.macs(), func() { conv2.Pack(k2, w2); conv2.Run(l.c, n, y2, q1, k2, b2, nil) })
	add("pool2", 0, func() { MaxPool(l.c, p2, n, q2, at2, y2) })

	act, dact := [][]float32{q2}, [][]float32{dq2}
	var ws, gws, gbs [][]float32
	for i := range 3 {
		in, out := sizes[i], sizes[i+1]
		w, gw := param(in*out, 0.05)
		b, gb := param(out, 0.1)
		ws, gws, gbs = append(ws, w), append(gws, gw), append(gbs, gb)
		e := relu
		if i == 2 {
			e.Act = ActNone
		}
		p := NewDense(in, out, true, e)
		grow(p.Need(n))
		packed := make([]float32, p.PackedLen())
		src, dst := act[i], buf(out)
		act, dact = append(act, dst), append(dact, buf(out))
		add(fmt.Sprintf("dense%d", i+1), n*in*out, func() { p.Pack(packed, w); p.Run(l.c, n, dst, src, packed, b, nil) })
	}
	loss, dloss, probs := buf(1), buf(1), buf(10)
	for i := range dloss {
		dloss[i] = 1 / float32(n)
	}
	add("xent", 0, func() {
		SoftmaxXent(l.c, n, 10, 1, loss, probs, act[3], label, 0, -1)
		SoftmaxXentDX(l.c, n, 10, 1, dact[3], probs, label, dloss, 0, -1)
	})
	for i := 2; i >= 0; i-- {
		in, out := sizes[i], sizes[i+1]
		dw := NewMatmul(true, false, Epilogue{})
		grow(dw.Need(1, out, in, n))
		dx := NewDense(out, in, false, Epilogue{})
		grow(dx.Need(n))
		packed := make([]float32, dx.PackedLen())
		add(fmt.Sprintf("dense%d dw", i+1), n*in*out, func() {
			dw.Run(l.c, 1, out, in, n, gws[i], dact[i+1], act[i], nil, nil)
			BiasGrad(l.c, n, out, 1, gbs[i], dact[i+1])
		})
		add(fmt.Sprintf("dense%d dx", i+1), n*in*out, func() {
			dx.Pack(packed, ws[i])
			dx.Run(l.c, n, dact[i], dact[i+1], packed, nil, nil)
			if i > 0 {
				ReluDX(l.c, dact[i], act[i], dact[i])
			}
		})
	}
	add("pool2 dx", 0, func() { MaxPoolDX(l.c, p2, n, dy2, at2, dq2) })
	add("relu2 dx", 0, func() { ReluDX(l.c, dy2, y2, dy2) })
	add("conv2 dw", n*s2.macs(), func() { dw2.Run(l.c, n, gw2, q1, dy2) })
	add("conv2 db", 0, func() { BiasGrad(l.c, n, 16, 100, gb2, dy2) })
	add("conv2 dx", n*s2.macs(), func() { dx2.Pack(k2x, w2); dx2.Run(l.c, n, dq1, dy2, k2x) })
	add("pool1 dx", 0, func() { MaxPoolDX(l.c, p1, n, dy1, at1, dq1) })
	add("relu1 dx", 0, func() { ReluDX(l.c, dy1, y1, dy1) })
	add("conv1 dw", n*s1.macs(), func() { dw1.Run(l.c, n, gw1, x, dy1) })
	add("conv1 db", 0, func() { BiasGrad(l.c, n, 6, 784, gb1, dy1) })
	add("sgd", 0, func() {
		for i, w := range params {
			SGD(l.c, w, grads[i], moments[i], 0.001, 0.9, 1e-4, false)
		}
	})
	l.c = context(t, threads, need[0], need[1])
	return l
}

func (l *lenet) step() {
	for i := range l.steps {
		l.steps[i].run()
	}
}

func BenchmarkLenetStep(b *testing.B) {
	for _, threads := range []int{1, 2} {
		l := newLenet(b, newRand(b), 64, threads)
		macs := 0
		for _, s := range l.steps {
			macs += s.macs
		}
		b.Run(fmt.Sprintf("threads=%d", threads), func(b *testing.B) {
			b.ReportAllocs()
			for range b.N {
				l.step()
			}
			reportFlops(b, macs)
		})
	}
}

// BenchmarkLenetParts reports the median time of every kernel of the step.
func BenchmarkLenetParts(b *testing.B) {
	for _, threads := range []int{1, 2} {
		b.Run(fmt.Sprintf("threads=%d", threads), func(b *testing.B) { lenetParts(b, threads) })
	}
}

func lenetParts(b *testing.B, threads int) {
	l := newLenet(b, newRand(b), 64, threads)
	times := make([][]float64, len(l.steps))
	for range 300 {
		for i := range l.steps {
			t := time.Now()
			l.steps[i].run()
			times[i] = append(times[i], float64(time.Since(t).Nanoseconds())/1e3)
		}
	}
	total := 0.0
	for i, t := range times {
		sort.Float64s(t)
		times[i] = t[len(t)/2 : len(t)/2+1]
		total += times[i][0]
	}
	var table strings.Builder
	for i, s := range l.steps {
		us := times[i][0]
		fmt.Fprintf(&table, "\n%-10s %7.1f us %5.1f %%  %6.1f GFLOP/s", s.name, us, 100*us/total, 2*float64(s.macs)/us/1e3)
	}
	b.Logf("%s\n%-10s %7.1f us", &table, "total", total)
}

// BenchmarkLenetImage is the forward pass of one image with the original's
// hyperbolic tangents and mean pooling, weights packed beforehand.
func BenchmarkLenetImage(b *testing.B) {
	r := newRand(b)
	tanh := Epilogue{Bias: true, Act: ActTanh}
	s1 := ConvShape{C: 1, H: 28, W: 28, O: 6, R: 5, S: 5, StrideH: 1, StrideW: 1, PadTop: 2, PadLeft: 2, PadBottom: 2, PadRight: 2, DilH: 1, DilW: 1, Groups: 1}
	s2 := ConvShape{C: 6, H: 14, W: 14, O: 16, R: 5, S: 5, StrideH: 1, StrideW: 1, DilH: 1, DilW: 1, Groups: 1}
	p1 := &PoolShape{C: 6, H: 28, W: 28, R: 2, S: 2, StrideH: 2, StrideW: 2}
	p2 := &PoolShape{C: 16, H: 10, W: 10, R: 2, S: 2, StrideH: 2, StrideW: 2}
	conv1, conv2 := NewConv(s1, tanh), NewConv(s2, tanh)
	sizes := []int{400, 120, 84, 10}
	per := 0
	need := func(p, _ int) { per = max(per, p) }
	need(conv1.Need(1))
	need(conv2.Need(1))
	pack := func(n int, f func(dst, w []float32), weights int) []float32 {
		dst := make([]float32, n)
		f(dst, normals(r, weights))
		return dst
	}
	w1, w2 := pack(150, conv1.Pack, 150), pack(2400, conv2.Pack, 2400)
	bias := normals(r, 400)
	y1, q1, y2, q2 := make([]float32, s1.out()), make([]float32, 1176), make([]float32, s2.out()), make([]float32, 400)
	x := normals(r, 784)
	var c *Ctx
	steps := []lenetStep{
		{"conv1", s1.macs(), func() { conv1.Run(c, 1, y1, x, w1, bias, nil) }},
		{"pool1", 0, func() { AvgPool(c, p1, 1, q1, y1) }},
		{"conv2", s2.macs(), func() { conv2.Run(c, 1, y2, q1, w2, bias, nil) }},
		{"pool2", 0, func() { AvgPool(c, p2, 1, q2, y2) }},
	}
	src := q2
	for i := range 3 {
		e := tanh
		if i == 2 {
			e.Act = ActNone
		}
		p := NewDense(sizes[i], sizes[i+1], true, e)
		need(p.Need(1))
		w, from, dst := pack(p.PackedLen(), p.Pack, sizes[i]*sizes[i+1]), src, make([]float32, sizes[i+1])
		steps = append(steps, lenetStep{fmt.Sprintf("dense%d", i+1), sizes[i] * sizes[i+1], func() { p.Run(c, 1, dst, from, w, bias, nil) }})
		src = dst
	}
	c = context(b, 1, per, 0)
	for _, s := range steps {
		b.Run(s.name, func(b *testing.B) {
			for range b.N {
				s.run()
			}
			reportFlops(b, s.macs)
		})
	}
	b.Run("all", func(b *testing.B) {
		for range b.N {
			for i := range steps {
				steps[i].run()
			}
		}
	})
}

func BenchmarkAct(b *testing.B) {
	x, y := normals(newRand(b), vectorRun), make([]float32, vectorRun)
	for act := ActRelu; act <= ActHardswish; act++ {
		e := &Epilogue{Act: act}
		b.Run(act.String(), func(b *testing.B) {
			copy(y, x)
			for range b.N {
				vectorAct(e, vectorRun, &y[0])
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/vectorRun, "ns/elem")
		})
	}
}
