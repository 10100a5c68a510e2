package tiles

import "unsafe"

// The plain twin of side work: the same sums in the same order, one vector after the other.

// lanes are the floats of a vector of side work.
const lanes = 8

// QuarterSums returns the sums of quarters a, b, c and d of a left operand, or of a right one.
func QuarterSums(q [4]float32, right bool) [4]float32 {
	a, b, c, d := q[0], q[1], q[2], q[3]
	if right {
		near := c - a
		sum := d - near
		return [4]float32{near, sum, d - c, b - sum}
	}
	both := c + d
	sum := both - a
	return [4]float32{both, sum, a - c, b - sum}
}

// QuarterResults returns the quarters of the result of the seven products.
func QuarterResults(m [7]float32) [4]float32 {
	both := m[0] + m[5]
	late := both + m[6]
	return [4]float32{m[0] + m[1], both + m[4] + m[2], late + m[3], late + m[4]}
}

// drainGeneric does all that is left in plain loops: the definition.
func (s *Side) drainGeneric() {
	for ; s.Left > 0; s.Left-- {
		if s.N == 0 {
			r := *(**SideRun)(unsafe.Pointer(&s.Runs))
			s.Runs += unsafe.Sizeof(*r)
			s.N, s.Kind, s.Bias = r.N, r.Kind, address(r.Bias)
			s.X, s.S, s.Res, s.Gate = address(r.X), address(r.S), address(r.Res), address(r.Gate)
		}
		s.N--
		switch s.Kind {
		case SumsLeft:
			s.sums(s.LeftHalf, s.LeftMate, s.LeftEach, s.LeftPixel)
		case SumsRight:
			s.sums(s.RightHalf, s.RightMate, s.RightEach, s.RightPixel)
		default:
			for lane := range lanes {
				s.results(4 * lane)
			}
			pixel := uintptr(s.Pixel)
			s.X, s.S, s.Res, s.Gate = s.X+4*lanes, s.S+pixel, s.Res+pixel, s.Gate+pixel
		}
	}
}

// sums makes the sums of one vector of each quarter.
func (s *Side) sums(half, mate, each, pixel int) {
	for lane := range lanes {
		var q [4]float32
		for i := range q {
			q[i] = *behind(&s.X, 4*lane+i%2*half+i/2*mate)
		}
		for i, v := range QuarterSums(q, s.Kind == SumsRight) {
			*behind(&s.S, 4*lane+i*each) = v
		}
	}
	s.X, s.S = s.X+uintptr(pixel), s.S+4*lanes
}

// results makes one element of each quarter, so many bytes on.
func (s *Side) results(at int) {
	var m [7]float32
	for i := range m {
		m[i] = *behind(&s.X, at+i*s.MEach)
	}
	for i, v := range QuarterResults(m) {
		half, mate := i%2, i/2
		v += *behind(&s.Bias, at+half*s.BiasHalf)
		if s.Flags&Residual != 0 {
			v += *behind(&s.Res, at+half*s.ResHalf+mate*s.ResMate)
		}
		if s.Flags&Low != 0 {
			v = max(v, s.Lo)
		}
		if s.Flags&High != 0 {
			v = min(v, s.Hi)
		}
		if s.Flags&Leaky != 0 && v < 0 {
			v *= s.Alpha
		}
		if s.Flags&Gated != 0 {
			if g := *behind(&s.Gate, at+half*s.GateHalf+mate*s.GateMate); !(g > s.Lo && g < s.Hi) {
				v = 0
			}
		}
		*behind(&s.S, at+half*s.YHalf+mate*s.YMate) = v
	}
}

func address(p *float32) uintptr { return uintptr(unsafe.Pointer(p)) }

// behind is the float some bytes behind an address.
func behind(address *uintptr, bytes int) *float32 {
	return (*float32)(unsafe.Add(*(*unsafe.Pointer)(unsafe.Pointer(address)), bytes))
}
