package kernelbench

import (
	"fmt"
	"slices"
	"strings"

	"github.com/netc-lang/netc/runtime/kernel"
	"github.com/netc-lang/netc/runtime/kernel/blocked"
)

// otherKernels are those of no convolution: gradients of pools, enlargement, batch norm,
// classes and their loss, optimisers, and products that are not square. Those of training
// are measured for eight images.
func otherKernels() []plan {
	out := []plan{
		fewRows(4, 1280, 1000), fewRows(16, 1280, 1000), fewRows(64, 4096, 4096), heads(12, 197, 64),
		classes(64, 10), classes(64, 1000), classLoss(64, 1000, false), classLoss(64, 1000, true),
		optimiser("sgd", 1<<16), optimiser("sgd", 1<<22), optimiser("adam", 1<<22),
	}
	for _, m := range []blocked.Map{{C: 64, H: 112, W: 112}, {C: 256, H: 28, W: 28}} {
		out = append(out, poolBack(m, true), poolBack(m, false), enlarged(m, false), enlarged(m, true), batchNorm(m), batchNormBack(m))
	}
	// The peak is taken once for each class in a row.
	slices.SortStableFunc(out, func(a, b plan) int { return strings.Compare(a.class, b.class) })
	return out
}

// operands are filled with numbers.
func operands(lengths ...int) [][]float32 {
	out := make([][]float32, len(lengths))
	for i, n := range lengths {
		out[i] = numbers(n)
	}
	return out
}

// bound is a kernel that memory bounds.
func bound(class, pass, shape, algo string, open func(c *kernel.Ctx) (flops, bytes float64, run func())) plan {
	return plan{class, pass, shape, func(c *kernel.Ctx) *subject {
		flops, bytes, run := open(c)
		return &subject{class: class, pass: pass, shape: shape, algo: algo, flops: flops, bytes: bytes, bandwidth: true, run: run}
	}}
}

// fewRows is a dense layer of several rows.
func fewRows(m, k, n int) plan {
	shape := fmt.Sprintf("%dx%dx%d", m, k, n)
	return plan{"gemm", "forward", shape, func(c *kernel.Ctx) *subject {
		d := kernel.NewDense(k, n, true, kernel.Epilogue{Bias: true})
		packed, o := kernel.Aligned(d.PackedLen()), operands(m*k, m*n, n)
		d.Pack(packed, numbers(k*n))
		c.Reserve(d.Need(m))
		return &subject{
			class: "gemm", pass: "forward", shape: shape, algo: "dense",
			flops: 2 * float64(m) * float64(k) * float64(n), bytes: 4 * float64(k*n+m*k+m*n),
			run: func() { d.Run(c, m, o[1], o[0], packed, o[2], nil) },
		}
	}}
}

// heads are the products of queries and keys of an attention.
func heads(count, tokens, width int) plan {
	shape := fmt.Sprintf("%d of %dx%dx%d", count, tokens, tokens, width)
	return plan{"gemm", "forward", shape, func(c *kernel.Ctx) *subject {
		p := kernel.NewMatmul(false, true, kernel.Epilogue{})
		o := operands(count*tokens*width, count*tokens*width, count*tokens*tokens)
		c.Reserve(p.Need(count, tokens, tokens, width))
		return &subject{
			class: "gemm", pass: "forward", shape: shape, algo: "batched",
			flops: 2 * float64(count*tokens*tokens*width), bytes: 4 * float64(count*(2*tokens*width+tokens*tokens)),
			run: func() { p.Run(c, count, tokens, tokens, width, o[2], o[0], o[1], nil, nil) },
		}
	}}
}

func classes(rows, count int) plan {
	return bound("eltwise", "forward", fmt.Sprintf("%dx%d softmax", rows, count), "softmax", func(c *kernel.Ctx) (float64, float64, func()) {
		n := rows * count
		o := operands(n, n)
		return float64(n), 8 * float64(n), func() { kernel.Softmax(c, rows, count, 1, o[0], o[1]) }
	})
}

// classLoss is cross entropy with its probabilities, or its gradient.
func classLoss(rows, count int, back bool) plan {
	pass := "forward"
	if back {
		pass = "bwd_data"
	}
	return bound("eltwise", pass, fmt.Sprintf("%dx%d cross entropy", rows, count), "cross entropy", func(c *kernel.Ctx) (float64, float64, func()) {
		n := rows * count
		o, label := operands(n, n, rows), make([]int32, rows)
		if back {
			return float64(n), 8 * float64(n), func() { kernel.SoftmaxXentDX(c, rows, count, 1, o[0], o[1], label, o[2], 0, -1) }
		}
		return float64(n), 8 * float64(n), func() { kernel.SoftmaxXent(c, rows, count, 1, o[2], o[0], o[1], label, 0, -1) }
	})
}

// optimiser changes n weights; what it reads and writes besides is counted.
func optimiser(rule string, n int) plan {
	return bound("eltwise", "bwd_weights", fmt.Sprintf("%d %s", n, rule), rule, func(c *kernel.Ctx) (float64, float64, func()) {
		o := operands(n, n, n, n)
		for i, x := range o[3] {
			o[3][i] = x * x // a mean of squares
		}
		if rule == "adam" {
			r := kernel.AdamRule{Beta1: 0.9, Beta2: 0.999, Eps: 1e-8}
			return float64(n), 28 * float64(n), func() { kernel.Adam(c, o[0], o[1], o[2], o[3], 1e-9, 1, r) }
		}
		return float64(n), 20 * float64(n), func() { kernel.SGD(c, o[0], o[1], o[2], 1e-9, 0.9, 0, false) }
	})
}

// trainingImages are the images of what only training runs.
const trainingImages = 8

// poolBack is the gradient of a window of 3x3 with stride 2.
func poolBack(m blocked.Map, largest bool) plan {
	s := kernel.PoolShape{C: m.C, H: m.H, W: m.W, R: 3, S: 3, StrideH: 2, StrideW: 2, PadTop: 1, PadLeft: 1, PadBottom: 1, PadRight: 1}
	algo := "mean"
	if largest {
		algo = "max"
	}
	return bound("pool", "bwd_data", fmt.Sprintf("%s 3x3 s2 %s b%d", mapName(m), algo, trainingImages), algo, func(c *kernel.Ctx) (float64, float64, func()) {
		p := blocked.NewPool(blocked.PoolConfig{Shape: s, Max: largest, In: m, Out: blocked.Map{C: m.C, H: s.P(), W: s.Q()}, ISA: kernel.Selected()})
		x, y := image(m, false, trainingImages), kernel.Aligned(p.Out.Len(trainingImages))
		var at []uint8
		if largest {
			at = make([]uint8, p.Positions(trainingImages))
			p.RunAt(c, trainingImages, y, at, x)
		}
		return 9 * float64(trainingImages*p.Out.C*p.Out.H*p.Out.W), 4*float64(len(x)+len(y)) + float64(len(at)), func() { p.RunDX(c, trainingImages, x, at, y) }
	})
}

// enlarged is twice as high and wide.
func enlarged(m blocked.Map, bilinear bool) plan {
	algo := "nearest"
	if bilinear {
		algo = "bilinear"
	}
	return bound("eltwise", "forward", mapName(m)+" enlarged "+algo, algo, func(c *kernel.Ctx) (float64, float64, func()) {
		p := blocked.NewResize(blocked.ResizeConfig{In: m, Out: blocked.Map{C: m.C, H: 2 * m.H, W: 2 * m.W}, ScaleH: 2, ScaleW: 2, Bilinear: bilinear, ISA: kernel.Selected()})
		x, y := image(m, false, 1), kernel.Aligned(p.Out.Len(1))
		return float64(len(y)), 4 * float64(len(x)+len(y)), func() { p.Run(c, 1, y, x) }
	})
}

// batchNorm normalises by the statistics of the batch, and applies a rectifier.
func batchNorm(m blocked.Map) plan {
	return bound("eltwise", "forward", fmt.Sprintf("%s batch norm b%d", mapName(m), trainingImages), "batch norm", func(c *kernel.Ctx) (float64, float64, func()) {
		p := blocked.NewBatchNorm(blocked.BatchNormConfig{X: m, Y: m, Epilogue: kernel.Epilogue{Act: kernel.ActRelu}, Eps: 1e-5, Momentum: 0.1, ISA: kernel.Selected()})
		x, y, o := image(m, false, trainingImages), kernel.Aligned(m.Len(trainingImages)), operands(m.C, m.C, m.C, m.C)
		c.Reserve(p.Need(trainingImages))
		a := blocked.BatchNormArgs{Y: y, Mean: o[0], InvStd: o[1], NewMean: o[2], NewVar: o[3], X: x, RunMean: o[2], RunVar: o[3]}
		return float64(len(x)), 4 * float64(2*len(x)+len(y)), func() { p.Run(c, trainingImages, a) }
	})
}

// batchNormBack is its gradient, which reads what it was given and what it made.
func batchNormBack(m blocked.Map) plan {
	return bound("eltwise", "bwd_data", fmt.Sprintf("%s batch norm b%d", mapName(m), trainingImages), "batch norm", func(c *kernel.Ctx) (float64, float64, func()) {
		p := blocked.NewBatchNormDX(blocked.BatchNormDXConfig{X: m, Y: m, DY: m, DX: m, Epilogue: kernel.Epilogue{Act: kernel.ActRelu}, ISA: kernel.Selected()})
		x, y, dy := image(m, false, trainingImages), image(m, false, trainingImages), image(m, false, trainingImages)
		dx, o := kernel.Aligned(m.Len(trainingImages)), operands(m.C, m.C, m.C, m.C)
		c.Reserve(p.Need(trainingImages))
		a := blocked.BatchNormDXArgs{DX: dx, DWeight: o[0], DBias: o[1], X: x, Y: y, DY: dy, Mean: o[2], InvStd: o[3]}
		return float64(len(x)), 4 * float64(3*len(x)+len(dx)), func() { p.Run(c, trainingImages, a) }
	})
}
