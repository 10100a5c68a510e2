package eval

func init() { register("matmul", matmul) }

// matmul: y[…, m, n] = act(bias[n] + residual[…, m, n] + Σ_k A[…, m, k] · B[…, k, n])
// with A = aᵀ under trans_a and B = bᵀ under trans_b; leading axes are a batch, and
// a b of rank 2 serves all of it.
func matmul(c *call) error {
	a, b, y := c.in[0], c.in[1], c.out[0]
	act, err := epilogueActivation(c.attrs.String("act"), c.attrs.Floats("act_args"))
	if err != nil {
		return err
	}
	ra, ca := lastTwo(a.Shape)
	rb, cb := lastTwo(b.Shape)
	m, depth, n := ra, ca, cb
	ta, tb := c.attrs.Bool("trans_a"), c.attrs.Bool("trans_b")
	if ta {
		m, depth = ca, ra
	}
	if tb {
		n = rb
	}
	batch, perB := 1, rb*cb
	for _, d := range a.Shape[:len(a.Shape)-2] {
		batch *= d
	}
	if len(b.Shape) == 2 {
		perB = 0
	}
	for z := range batch {
		for i := range m {
			for j := range n {
				sum := 0.0
				for k := range depth {
					ia, ib := i*ca+k, k*cb+j
					if ta {
						ia = k*ca + i
					}
					if tb {
						ib = j*cb + k
					}
					sum += a.F[z*ra*ca+ia] * b.F[z*perB+ib]
				}
				at := (z*m+i)*n + j
				if c.has(2) {
					sum += c.in[2].F[j]
				}
				if c.has(3) {
					sum += c.in[3].F[at]
				}
				y.F[at] = act(sum)
			}
		}
	}
	return nil
}

func lastTwo(shape []int) (rows, columns int) {
	return shape[len(shape)-2], shape[len(shape)-1]
}
