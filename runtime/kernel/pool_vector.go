package kernel

// pair reports whether t has windows of 2 x 2 with stride 2 that tile the plane,
// which the vector kernels do. Forward, a last odd row or column is ignored;
// backward it has to be cleared, which is done for a row only.
func (t *poolTask) pair() bool {
	s := t.s
	if !vector || s.R != 2 || s.S != 2 || s.StrideH != 2 || s.StrideW != 2 ||
		s.PadTop != 0 || s.PadLeft != 0 || 2*s.P() > s.H || 2*s.Q() > s.W {
		return false
	}
	if t.kind == maxBackward || t.kind == avgBackward {
		return s.W == 2*s.Q()
	}
	return true
}

// pairs pools planes [first, last) with the vector kernels: all their rows in one
// go, or plane by plane where an odd row lies between.
func (t *poolTask) pairs(first, last int) {
	s := t.s
	P, Q := s.P(), s.Q()
	planes := 1
	if s.H == 2*P {
		planes = last - first
	}
	for i := first; i < last; i += planes {
		large := i * s.H * s.W
		t.pairRows(planes*P, large, i*P*Q)
		if s.H != 2*P && (t.kind == maxBackward || t.kind == avgBackward) {
			clear(t.y[large+2*P*s.W : large+s.H*s.W])
		}
	}
}

// pairRows pools rows that follow one another: large and small are where they
// begin on the side of the plane and of the results. Rows of fewer than 8 results
// are computed 8 at a time; the last ones, which could not be without touching what
// lies behind, are left to the plain loops.
func (t *poolTask) pairRows(rows, large, small int) {
	s := t.s
	Q := s.Q()
	body := rows
	if Q < lanes {
		body = max(0, rows-ceilDiv(lanes, Q)+1)
	}
	step := max(1, pairRun/s.W)
	for i := 0; i < body; i += step {
		n := min(step, body-i)
		t.vectorRows(n, large, small)
		large += n * 2 * s.W
		small += n * Q
	}
	if body < rows {
		end := *s
		end.H = 2 * (rows - body)
		t.generic(&end, large, small)
	}
}

// pairRun bounds the columns of one call to some tens of microseconds.
const pairRun = 1 << 15

func (t *poolTask) vectorRows(rows, large, small int) {
	width, Q := t.s.W*4, t.s.Q()
	switch {
	case t.kind == maxForward && t.at != nil:
		maxPool2(&t.y[small], &t.at[small], &t.x[large], width, Q, rows)
	case t.kind == maxForward:
		maxPool2(&t.y[small], nil, &t.x[large], width, Q, rows)
	case t.kind == maxBackward:
		maxPool2DX(&t.y[large], &t.at[small], &t.x[small], width, Q, rows)
	case t.kind == avgForward:
		avgPool2(&t.y[small], &t.x[large], width, Q, rows)
	case t.kind == avgBackward:
		avgPool2DX(&t.y[large], &t.x[small], width, Q, rows)
	}
}
