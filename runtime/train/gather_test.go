package train

import (
	"math"
	"math/rand/v2"
	"testing"

	nrt "github.com/netc-lang/netc/runtime"
	"github.com/netc-lang/netc/runtime/data"
)

// TestCurve compares the area with its definition, the share of pairs in order.
func TestCurve(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for round := range 30 {
		n, classes := 2+r.IntN(40), 2+r.IntN(3)
		scores, labels := make([]float32, n*classes), make([]float32, n)
		for i := range scores {
			scores[i] = float32(r.IntN(6)) / 6
		}
		for i := range labels {
			labels[i] = float32(r.IntN(classes))
		}
		c := &curve{most: mostNumbers}
		cut := n / 2 * classes
		c.add(batchOf(n/2), [][]float32{scores[:cut], labels[:n/2]})
		c.add(batchOf(n-n/2), [][]float32{scores[cut:], labels[n/2:]})
		sum, known := 0.0, 0
		for k := range classes {
			right, all := 0.0, 0.0
			for i := range n {
				for j := range n {
					if int(labels[i]) != k || int(labels[j]) == k {
						continue
					}
					a, b := scores[i*classes+k], scores[j*classes+k]
					all++
					if a > b {
						right++
					} else if a == b {
						right += 0.5
					}
				}
			}
			if all > 0 {
				sum, known = sum+right/all, known+1
			}
		}
		if want := sum / float64(max(known, 1)); math.Abs(c.value()-want) > 1e-12 {
			t.Fatalf("round %d: got %v, want %v", round, c.value(), want)
		}
	}
}

func batchOf(n int) *data.Batch {
	b := data.NewBatch(n)
	return b
}

// TestPairs compares true_accept with all thresholds tried in turn.
func TestPairs(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 2))
	for round := range 30 {
		n, width := 8+r.IntN(20), 1+r.IntN(9)
		points, ids := make([]float32, n*width), make([]float32, n)
		for i := range points {
			points[i] = r.Float32()*2 - 1
		}
		for i := range ids {
			ids[i] = float32(r.IntN(4))
		}
		far := []float64{0, 0.01, 0.1, 0.5, 1}[round%5]
		p := &pairs{far: far, most: mostPoints}
		p.add(batchOf(n), [][]float32{points, ids})
		like := func(i, j int) float64 {
			var ab, aa, bb float64
			for k := range width {
				a, b := float64(points[i*width+k]), float64(points[j*width+k])
				ab, aa, bb = ab+a*b, aa+a*a, bb+b*b
			}
			return ab / math.Sqrt(aa*bb)
		}
		best := 0.0
		for a := range n {
			for b := range a {
				for _, threshold := range []float64{-2, like(a, b) + 1e-6, like(a, b) - 1e-6} {
					accepted, equal, wrong, other := 0.0, 0.0, 0.0, 0.0
					for i := range n {
						for j := range i {
							yes := like(i, j) > threshold
							if ids[i] == ids[j] {
								equal++
								if yes {
									accepted++
								}
							} else {
								other++
								if yes {
									wrong++
								}
							}
						}
					}
					if equal > 0 && wrong <= far*other {
						best = max(best, accepted/equal)
					}
				}
			}
		}
		if got := p.value(); math.Abs(got-best) > 1e-9 {
			t.Fatalf("round %d: far %v: got %v, want %v", round, far, got, best)
		}
	}
}

// TestDetections holds the average precision against curves worked out by hand.
func TestDetections(t *testing.T) {
	box := func(x float32) []float32 { return []float32{x, 0.5, 0.1, 0.1} }
	truth := func(x float32, class int32) data.Box {
		return data.Box{X1: x - 0.05, Y1: 0.45, X2: x + 0.05, Y2: 0.55, Class: class}
	}
	d := &detections{iou: 0.5, most: 1 << 20}
	add := func(boxes [][]float32, found []nrt.Found, real ...data.Box) {
		var flat []float32
		for _, b := range boxes {
			flat = append(flat, b...)
		}
		d.record(flat, found, real)
	}
	// Class 0: right at 0.9, wrong at 0.8, right at 0.7, of 4: precisions 1, 2/3 at
	// recalls 1/4, 2/4. The second find of one box is wrong.
	add([][]float32{box(0.2), box(0.21)}, []nrt.Found{{At: 0, Class: 0, Score: 0.9}, {At: 1, Class: 0, Score: 0.8}}, truth(0.2, 0), truth(0.5, 0))
	add([][]float32{box(0.7), box(0.3)}, []nrt.Found{{At: 0, Class: 0, Score: 0.7}, {At: 1, Class: 1, Score: 0.6}}, truth(0.7, 0), truth(0.9, 0), truth(0.8, 1))
	want := ((1+2.0/3)/4 + 0) / 2
	if got := d.value(); math.Abs(got-want) > 1e-12 {
		t.Errorf("got %v, want %v", got, want)
	}
	d.thin()
	if want := 0.5; math.Abs(d.value()-want) > 1e-12 || d.counted != 1 {
		t.Errorf("the first record alone: got %v, want %v", d.value(), want)
	}
}

// TestThinning gives a collector more than it keeps: what counts are the records of an
// even spacing.
func TestThinning(t *testing.T) {
	p := &pairs{far: 1, most: 8}
	for i := range 50 {
		p.add(batchOf(1), [][]float32{{float32(i + 1)}, {float32(i)}})
	}
	for i, id := range p.ids {
		if int(id) != i*p.every || p.every != 8 || len(p.ids) != 7 {
			t.Fatalf("kept %v, every %d", p.ids, p.every)
		}
	}
}

// TestCalibration holds ece against the definition.
func TestCalibration(t *testing.T) {
	// Two bins: 3 records of confidence 0.3 each, one right; one of 0.9, right.
	table := []float64{3, 1, 0.9, 0.9, 1, 1}
	want := 3.0/4*math.Abs(0.3-1.0/3) + 1.0/4*0.1
	if got := calibration(table); math.Abs(got-want) > 1e-12 {
		t.Errorf("got %v, want %v", got, want)
	}
}
