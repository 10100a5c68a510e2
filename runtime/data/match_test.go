package data

import (
	"math/rand/v2"
	"testing"
)

// TestMatch holds the targets against their definition, prior by prior.
func TestMatch(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for round := range 200 {
		target := Target{IoU: 0.4, Classes: 5}
		for range 4 * (1 + rng.IntN(40)) {
			target.Priors = append(target.Priors, 0.1+0.6*rng.Float32())
		}
		rows := len(target.Priors) / 4
		var truth []Box
		for range rng.IntN(5) {
			x, y := 0.7*rng.Float32(), 0.7*rng.Float32()
			truth = append(truth, Box{X1: x, Y1: y, X2: x + 0.05 + 0.3*rng.Float32(), Y2: y + 0.05 + 0.3*rng.Float32(), Class: int32(rng.IntN(5))})
		}
		cls, box := make([]int32, rows), make([]float32, 4*rows)
		target.match(cls, box, truth)
		favourite := map[int]int{} // prior -> true box that has it as its best
		for k, b := range truth {
			at := -1
			for i := range rows {
				if s := overlap(b, target.Priors[4*i:]); s > 0 && (at < 0 || s > overlap(b, target.Priors[4*at:])) {
					at = i
				}
			}
			if old, taken := favourite[at]; at >= 0 && (!taken || overlap(b, target.Priors[4*at:]) > overlap(truth[old], target.Priors[4*at:])) {
				favourite[at] = k
			}
		}
		for i := range rows {
			want := -1
			for k, b := range truth {
				if s := overlap(b, target.Priors[4*i:]); s >= 0.4 && (want < 0 || s > overlap(truth[want], target.Priors[4*i:])) {
					want = k
				}
			}
			if k, ok := favourite[i]; ok {
				want = k
			}
			class, cx := int32(5), target.Priors[4*i]
			if want >= 0 {
				class, cx = truth[want].Class, (truth[want].X1+truth[want].X2)/2
			}
			if cls[i] != class || box[4*i] != cx {
				t.Fatalf("round %d, prior %d: got class %d around %g, want %d around %g", round, i, cls[i], box[4*i], class, cx)
			}
		}
	}
}
