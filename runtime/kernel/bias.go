package kernel

// BiasGrad sums dy[n, channels, area] over images and positions:
//
//	db[c] = Σ_{n,i} dy[n,c,i]
//
// in an order that the sizes alone determine.
func BiasGrad(c *Ctx, n, channels, area int, db, dy []float32) {
	checkLen(db, channels)
	checkLen(dy, n*channels*area)
	if area == 1 && vector {
		columnSums(n, channels, db, dy)
		return
	}
	t := &c.tasks.bias
	*t = biasTask{n: n, channels: channels, area: area, db: db, dy: dy}
	c.run(channels, 2*n*channels*area, t)
}

// columnSums adds the rows of dy[n, cols] in order.
func columnSums(n, cols int, db, dy []float32) {
	clear(db[:cols])
	for i := range n {
		for j := 0; j < cols; j += vectorRun {
			vectorAdd(min(vectorRun, cols-j), &db[j], &dy[i*cols+j])
		}
	}
}

type biasTask struct {
	n, channels, area int
	db, dy            []float32
}

func (t *biasTask) Chunk(_, ch int) {
	if vector {
		t.db[ch] = t.vector(ch)
		return
	}
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

// vector sums one channel: element i of a plane goes to sum i mod 8.
func (t *biasTask) vector(ch int) float32 {
	var sums [lanes]float32
	for n := range t.n {
		plane := t.dy[(n*t.channels+ch)*t.area:][:t.area]
		for i := 0; i < t.area; i += vectorRun {
			sumRow(&sums[0], &plane[i], min(vectorRun, t.area-i))
		}
	}
	return ((sums[0] + sums[1]) + (sums[2] + sums[3])) + ((sums[4] + sums[5]) + (sums[6] + sums[7]))
}
