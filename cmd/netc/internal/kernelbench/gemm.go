package kernelbench

import (
	"fmt"

	"github.com/netc-lang/netc/runtime/kernel"
)

// gemms are square products with nothing packed beforehand, and the products of
// one row (dense layers of a single picture), which are bound by memory.
func gemms() []plan {
	var out []plan
	for _, n := range []int{256, 512, 1024, 2048} {
		out = append(out, square(n))
	}
	for _, s := range [][2]int{{400, 120}, {512, 1000}, {1280, 1000}, {2048, 1000}, {4096, 4096}, {25088, 4096}} {
		out = append(out, row(s[0], s[1]))
	}
	return out
}

func square(n int) plan {
	shape := fmt.Sprintf("%dx%dx%d", n, n, n)
	return plan{"gemm", "forward", shape, func(c *kernel.Ctx) *subject {
		m := kernel.NewMatmul(false, false, kernel.Epilogue{})
		a, b, y := numbers(n*n), numbers(n*n), kernel.Aligned(n*n)
		c.Reserve(m.Need(1, n, n, n))
		return &subject{
			class: "gemm", pass: "forward", shape: shape, algo: "packed",
			flops: 2 * float64(n) * float64(n) * float64(n), bytes: 12 * float64(n) * float64(n),
			run: func() { m.Run(c, 1, n, n, n, y, a, b, nil, nil) },
		}
	}}
}

func row(k, n int) plan {
	shape := fmt.Sprintf("1x%dx%d", k, n)
	return plan{"gemm", "forward", shape, func(c *kernel.Ctx) *subject {
		d := kernel.NewDense(k, n, true, kernel.Epilogue{Bias: true})
		packed, x, y, bias := kernel.Aligned(d.PackedLen()), numbers(k), kernel.Aligned(n), numbers(n)
		d.Pack(packed, numbers(k*n))
		c.Reserve(d.Need(1))
		return &subject{
			class: "gemm", pass: "forward", shape: shape, algo: "row", bandwidth: true,
			flops: 2 * float64(k) * float64(n), bytes: 4 * float64(k*n+k+n),
			run: func() { d.Run(c, 1, y, x, packed, bias, nil) },
		}
	}}
}

// numbers returns n numbers between -1 and 1 that repeat after a prime number of
// steps; zeros would let some processors run faster than real work does.
func numbers(n int) []float32 {
	x := kernel.Aligned(n)
	for i := range x {
		x[i] = float32(i*37%251)/125.5 - 1
	}
	return x
}
