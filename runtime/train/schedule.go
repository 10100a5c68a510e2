package train

import (
	"fmt"
	"math"

	"github.com/netc-lang/netc/runtime/data/augment"
)

// Schedule is the rule by which the learning rate moves, by name with its
// arguments (int64, float64). An empty name means constant.
type Schedule struct {
	Name string
	Args map[string]any
}

// rates gives the factor on the base rate at a share of the run.
type rates func(step float64) float64

// rates prepares the schedule for a run of epochs times perEpoch steps.
//
//	constant()                 1
//	step(every=30, gamma=0.1)  gamma^floor(epoch / every)
//	cosine(warmup=0, min=0)    min' + (1 - min')·(1 + cos(π·t))/2, t from 0 to 1 after warm-up; min' = min / lr
//	one_cycle(peak=0.3)        cosine from 1/25 up to 1 at the share peak of the run, then down to 1/250,000
//	poly(power=0.9)            (1 - t)^power
//	plateau(patience, factor)  1, times factor each time that the validation loss has not
//	                           improved for patience epochs: see run.fall
//
// warmup, in epochs, begins with a straight line from 0; step(every) and warmup
// count epochs, everything moves per step.
//
// Source: Loshchilov and Hutter 2016, arXiv:1608.03983 (cosine); Smith and Topin
// 2017, arXiv:1708.07120, with the shape of torch.optim.lr_scheduler.OneCycleLR.
func (s Schedule) rates(lr float64, epochs, perEpoch int) (rates, error) {
	a := augment.Read(augment.Call{Name: "schedule " + s.Name, Args: s.Args})
	total := float64(epochs * perEpoch)
	var f rates
	switch s.Name {
	case "", "constant":
		f = func(float64) float64 { return 1 }
	case "step":
		every, gamma := a.Positive("every", 30)*float64(perEpoch), a.Float("gamma", 0.1)
		f = func(step float64) float64 { return math.Pow(gamma, math.Floor(step/every)) }
	case "cosine":
		floor := 0.0
		if low := a.Float("min", 0); lr != 0 {
			floor = low / lr
		}
		f = func(t float64) float64 { return floor + (1-floor)*(1+math.Cos(math.Pi*t))/2 }
	case "one_cycle":
		peak := a.Probability("peak", 0.3)
		f = func(step float64) float64 { return oneCycle(step, peak*total-1, total-1) }
	case "plateau":
		a.Int("patience", 1, 10)
		a.Positive("factor", 0.1)
		f = func(float64) float64 { return 1 }
	case "poly":
		power := a.Float("power", 0.9)
		f = func(t float64) float64 { return math.Pow(max(1-t, 0), power) }
	default:
		return nil, fmt.Errorf("this version of netc cannot run the schedule `%s`; it has constant, cosine, one_cycle, plateau, poly and step", s.Name)
	}
	warm := 0.0
	if s.Name != "one_cycle" {
		warm = a.Float("warmup", 0) * float64(perEpoch)
	}
	if !(warm >= 0) {
		return nil, fmt.Errorf("warmup of %v epochs", warm/float64(perEpoch))
	}
	if err := a.Err(); err != nil {
		return nil, err
	}
	share := s.Name == "cosine" || s.Name == "poly"
	return func(step float64) float64 {
		if step < warm {
			return (step + 1) / (warm + 1)
		}
		if share {
			return f(min((step-warm)/max(total-warm, 1), 1))
		}
		return f(step)
	}, nil
}

// oneCycle rises from 1/25 to 1 at step up and falls to 1/250,000 at step last.
func oneCycle(step, up, last float64) float64 {
	const first, end = 1.0 / 25, 1.0 / 25 / 1e4
	between := func(a, b, t float64) float64 { return b + (a-b)/2*(1+math.Cos(math.Pi*t)) }
	if step <= up && up > 0 {
		return between(first, 1, step/up)
	}
	return between(1, end, min((step-up)/max(last-up, 1), 1))
}
