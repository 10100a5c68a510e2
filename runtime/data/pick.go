package data

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
)

// picker draws batches by class.
type picker struct {
	pick    Pick
	classes [][]int // records by class
}

func newPicker(spec *Spec, set Dataset, pick Pick) (*picker, error) {
	known, ok := set.(Classed)
	if !ok || known.Classes() == nil {
		return nil, fmt.Errorf("%w: pick draws by class, and the source %s of data %s does not tell the classes of its records", ErrData, spec.Source.Name, spec.Name)
	}
	by := map[int32][]int{}
	for i, c := range known.Classes() {
		by[c] = append(by[c], i)
	}
	p := &picker{pick: pick}
	for _, c := range slices.Sorted(maps.Keys(by)) {
		p.classes = append(p.classes, by[c])
	}
	if len(p.classes) < pick.Classes {
		return nil, fmt.Errorf("%w: pick draws %d classes for a batch, and data %s has %d; make p smaller", ErrData, pick.Classes, spec.Name, len(p.classes))
	}
	return p, nil
}

// draw fills order, a whole number of batches. Every batch has other classes, in random
// order; all classes come up before one comes again. The records of a class differ
// while it has enough.
func (p *picker) draw(order []int, r *rand.Rand) {
	queue := make([]int, 0, len(p.classes))
	for at := 0; at < len(order); {
		chosen := map[int]bool{}
		for len(chosen) < p.pick.Classes {
			if len(queue) == 0 {
				queue = r.Perm(len(p.classes))
			}
			c := queue[len(queue)-1]
			queue = queue[:len(queue)-1]
			if chosen[c] {
				continue // it was drawn before the queue was filled again
			}
			chosen[c] = true
			own := p.classes[c]
			perm := r.Perm(len(own))
			for k := range p.pick.Each {
				order[at] = own[perm[k%len(perm)]]
				at++
			}
		}
	}
}
