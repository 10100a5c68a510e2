package kernel

// BiasGrad sums dy[n, channels, area] over images and positions:
//
//	db[c] = Σ_{n,i} dy[n,c,i]
//
// Sums of one image are added in order of the images.
func BiasGrad(c *Ctx, n, channels, area int, db, dy []float32) {
	checkLen(db, channels)
	checkLen(dy, n*channels*area)
	t := &c.tasks.bias
	*t = biasTask{n: n, channels: channels, area: area, db: db, dy: dy}
	c.run(channels, n*channels*area, t)
}

type biasTask struct {
	n, channels, area int
	db, dy            []float32
}

func (t *biasTask) Chunk(_, ch int) {
	total := float32(0)
	for n := range t.n {
		sum := float32(0)
		for _, v := range t.dy[(n*t.channels+ch)*t.area:][:t.area] {
			sum += v
		}
		total += sum
	}
	t.db[ch] = total
}
