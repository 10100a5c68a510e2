package blocked

// loops is the definition: a row is summed in f32, the rows in float64.
func (p *Mean) loops(y, x []float32, image, block int) {
	m := p.In
	for ; len(y) > 0; block++ {
		var total [Block]float64
		for h := range m.H {
			var sum [Block]float32
			for i, v := range x[m.At(image, block, h, 0):][:m.W*Block] {
				sum[i%Block] += v
			}
			for lane, s := range sum {
				total[lane] += float64(s)
			}
		}
		channels := min(Block, len(y))
		for lane := range channels {
			y[lane] = float32(total[lane] / p.divisor)
		}
		y = y[channels:]
	}
}
