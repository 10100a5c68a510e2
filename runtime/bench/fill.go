package bench

// Fill writes random multiples of 2^-15 in [-1, 1), the same for the same stream: four to
// each number of a shift register, Marsaglia 2003, doi:10.18637/jss.v008.i14, since filling a
// picture is a part of the time to the first answer.
func Fill(dst []float32, stream uint64) {
	x := stream + 0x9e3779b97f4a7c15
	for i := range dst {
		if i%4 == 0 {
			x ^= x << 13
			x ^= x >> 7
			x ^= x << 17
		}
		dst[i] = float32(int16(x>>(i%4*16))) / (1 << 15)
	}
}
