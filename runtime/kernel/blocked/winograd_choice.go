package blocked

import "github.com/netc-lang/netc/runtime/kernel"

// winogradFew is the fewest channels, of input and output, that pay for the
// transforms.
const winogradFew = 16

// winoWay is a form of Winograd's algorithm, as the choice sees it.
type winoWay struct {
	algo       Algorithm
	form       winoForm
	transforms int // of a tile, in the products of a channel
}

const (
	winoNear  = 8    // tiles that take as long as U from the third cache
	winoFar   = 10   // or from memory
	winoMade  = 16   // or a large one that is made of the weights
	winoWorth = 1.08 // of the time of Direct, whose weights take less room
)

var (
	winoWays   = []winoWay{{Winograd4, winoF4, 26}, {Winograd3, winoF3, 26}, {Winograd2, winoF2, 16}}
	halvedWays = []winoWay{{Winograd2, winoHalved, 14}}
)

// winogradWins returns the algorithm that is fastest for some images of a shape, by
// products per channel of input and output: t² for each whole tile, somewhat more where few
// channels share the transforms, and for as many as winoNear or winoFar tiles in any case
// where U does not stay in a cache: it arrives that fast, while products are made. F(4, 3)
// wins but for small images: F(3, 3) where its tiles fit them, 9 x 9, and one of many channels,
// whose U is 4 times the weights against 25/9 and 16/9. The images of a training step share
// what is read, and U is made at each step: there the transforms of stride 1 are left out.
func winogradWins(s *kernel.ConvShape, images int) Algorithm {
	ways := winoWays
	if winogradHalves(s) {
		ways = halvedWays
	} else if !winogradFits(s) {
		return Direct
	}
	if min(s.C, s.O) < winogradFew {
		return Direct
	}
	best, least := Direct, float64(9*images*s.P()*s.Q())/winoWorth
	for _, a := range ways {
		if cost := a.cost(s, images); cost < least {
			best, least = a.algo, cost
		}
	}
	return best
}

// cost is what some images of a shape take, in products of a channel of input and one of output.
func (a *winoWay) cost(s *kernel.ConvShape, images int) float64 {
	size := winoSizes[a.form]
	weights, fewest := size.weights*size.weights, 0
	switch u := 4 * weights * s.C * s.O; {
	case images > 1 && u > 32<<20:
		fewest = winoMade
	case images == 1 && u > 16<<20:
		fewest = winoFar
	case u > 1<<20:
		fewest = winoNear
	}
	cost := float64(max(images*a.form.line(s.P())*a.form.line(s.Q()), weights*fewest))
	if images == 1 || size.weights < size.t {
		cost *= 1 + float64(a.transforms)/float64(min(s.C, s.O))
	}
	return cost
}

// fewestProducts returns the form that makes the fewest products of an image of a shape, and
// how many of a channel of input and one of output: in a gradient of weights nothing arrives
// meanwhile that would count beside them.
func fewestProducts(s *kernel.ConvShape) (best winoWay, products int) {
	ways := winoWays
	if winogradHalves(s) {
		ways = halvedWays
	}
	for _, a := range ways {
		if n := a.form.line(s.P()) * a.form.line(s.Q()); products == 0 || n < products {
			best, products = a, n
		}
	}
	return best, products
}
