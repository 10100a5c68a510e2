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

// inner returns the columns of results whose windows lie inside the rows of the
// image, if the window kernels pool t: forward with stride 1 or 2, and no window
// without a row.
func (t *poolTask) inner() (q0, q1 int) {
	s := t.s
	if !vector || s.StrideW > 2 || t.kind == maxBackward || t.kind == avgBackward {
		return 0, 0
	}
	for p := range s.P() {
		if h0, h1 := window(p, s.H, s.R, s.StrideH, s.PadTop); h0 >= h1 {
			return 0, 0
		}
	}
	q0 = ceilDiv(s.PadLeft, s.StrideW)
	if last := s.W - s.S + s.PadLeft; last >= 0 {
		q1 = min(s.Q(), last/s.StrideW+1)
	}
	return q0, q1
}

// windows pools one plane: its inner columns [q0, q1) with the window kernels, the
// others with the plain loops.
func (t *poolTask) windows(large, small, q0, q1 int) {
	s := t.s
	P, Q := s.P(), s.Q()
	x, y := t.x[large:][:s.H*s.W], t.y[small:][:P*Q]
	var at []uint8
	if t.at != nil {
		at = t.at[small:][:P*Q]
	}
	for _, edge := range [2][2]int{{0, q0}, {q1, Q}} {
		switch {
		case edge[0] == edge[1]:
		case t.kind == maxForward:
			maxPoolGeneric(s, y, at, x, edge[0], edge[1])
		default:
			avgPoolGeneric(s, y, x, edge[0], edge[1])
		}
	}
	for p := range P {
		h0, h1 := window(p, s.H, s.R, s.StrideH, s.PadTop)
		from := &x[h0*s.W+q0*s.StrideW-s.PadLeft]
		to := p*Q + q0
		switch {
		case t.kind == avgForward:
			meanWindow(s.StrideW, &y[to], from, s.W*4, h1-h0, s.S, q1-q0, s.divisor(p, q0, (h1-h0)*s.S))
		case at == nil:
			maxWindow(s.StrideW, &y[to], nil, from, s.W*4, h1-h0, s.S, q1-q0, 0)
		default:
			first := (h0 - p*s.StrideH + s.PadTop) * s.S
			maxWindow(s.StrideW, &y[to], &at[to], from, s.W*4, h1-h0, s.S, q1-q0, first)
		}
	}
}
