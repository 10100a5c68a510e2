package vocab

import "math"

var inf = math.Inf(1)

func positive(name string, def any, doc string) Arg {
	return Arg{Name: name, Kind: Float, Default: def, ByName: def != nil, Limited: true, Max: inf, Doc: doc}
}

// above returns a number that is more than 0.
func above(name string, def any, doc string) Arg {
	a := positive(name, def, doc)
	a.Above = true
	return a
}

// decay are the arguments about weight decay that every optimiser has.
func decay(def float64) []Arg {
	return []Arg{
		positive("weight_decay", def, "share of a weight added to its gradient; biases and norm weights are skipped"),
		{Name: "decay_all", Kind: Bool, Default: false, ByName: true, Doc: "decay biases and norm weights too"},
		{
			Name: "layer_decay", Kind: Float, Default: 1.0, ByName: true, Limited: true, Max: 1, Above: true,
			Doc: "factor of lr for each stage from the output",
		},
	}
}

// settle appends arguments.
func settle(first []Arg, more ...[]Arg) []Arg {
	for _, m := range more {
		first = append(first, m...)
	}
	return first
}

func init() {
	lr := func(def any) Arg { return above("lr", def, "learning rate, before the schedule") }
	eps := positive("eps", 1e-8, "added to the denominator")
	betas := func(b ...float64) Arg {
		return Arg{
			Name: "betas", Kind: Floats, Default: b, ByName: true, Length: 2, Limited: true, Max: 1, Below: true,
			Doc: "decay of the means of the gradient and of its square",
		}
	}
	momentum := Arg{
		Name: "momentum", Kind: Float, Default: 0.0, ByName: true, Limited: true, Max: 1, Below: true, Doc: "share of the last velocity that is kept",
	}
	define(Optimizer,
		Row{
			Name: "sgd", Doc: "gradient descent with momentum, as PyTorch defines it", Runs: true,
			Args: settle([]Arg{
				lr(nil),
				momentum,
				{Name: "nesterov", Kind: Bool, Default: false, ByName: true, Doc: "look one step ahead"},
			}, decay(0)),
			sense: func(args map[string]any) *Problem {
				if args["nesterov"] == true && args["momentum"] == 0.0 {
					return &Problem{Kind: OutOfRange, Arg: "nesterov", Index: -1, Message: "`nesterov` looks ahead along the momentum, and that is 0", Hint: "add `momentum=0.9`"}
				}
				return nil
			},
		},
		Row{
			Name: "adam", Doc: "Kingma and Ba 2014, arXiv:1412.6980", Runs: true,
			Args: settle([]Arg{lr(1e-3), betas(0.9, 0.999), eps}, decay(0)),
		},
		Row{
			Name: "adamw", Doc: "Adam with decoupled weight decay (Loshchilov and Hutter 2017, arXiv:1711.05101)", Runs: true,
			Args: settle([]Arg{lr(1e-3), betas(0.9, 0.999), eps}, decay(0.01)),
		},
		Row{
			Name: "rmsprop", Doc: "gradient by the root of its mean square, as PyTorch defines it", Runs: true,
			Args: settle([]Arg{
				lr(1e-2),
				{Name: "alpha", Kind: Float, Default: 0.99, ByName: true, Limited: true, Max: 1, Below: true, Doc: "decay of the mean square"}, eps,
				momentum,
			}, decay(0)),
		},
		Row{
			Name: "adagrad", Doc: "Duchi, Hazan and Singer 2011, JMLR 12:2121", Runs: true,
			Args: settle([]Arg{lr(1e-2), positive("eps", 1e-10, "added to the denominator")}, decay(0)),
		},
		Row{
			Name: "lamb", Doc: "Adam with a trust ratio for each layer (You et al. 2019, arXiv:1904.00962)", Runs: true,
			Args: settle([]Arg{lr(1e-3), betas(0.9, 0.999), positive("eps", 1e-6, "added to the denominator")}, decay(0.01)),
		},
		Row{
			Name: "lion", Doc: "the sign of a mean of gradients (Chen et al. 2023, arXiv:2302.06675)", Runs: true,
			Args: settle([]Arg{lr(1e-4), betas(0.9, 0.99)}, decay(0)),
		},
	)
	defineSchedules()
	defineSettings()
	defineMetrics()
}

func defineSchedules() {
	warmup := positive("warmup", 0.0, "epochs over which lr rises from 0")
	define(Schedule,
		Row{Name: "constant", Doc: "lr does not change", Args: []Arg{warmup}, Runs: true},
		Row{
			Name: "step", Doc: "lr falls by a factor at intervals", Runs: true,
			Args: []Arg{
				{Name: "every", Kind: Float, Limited: true, Min: 1e-6, Max: inf, Doc: "epochs between two falls"},
				{Name: "gamma", Kind: Float, Limited: true, Max: 1, Above: true, Doc: "factor"},
				warmup,
			},
		},
		Row{
			Name: "cosine", Doc: "half a cosine from lr to min (Loshchilov and Hutter 2016, arXiv:1608.03983)", Runs: true,
			Args: []Arg{warmup, positive("min", 0.0, "lr at the end")},
		},
		Row{
			Name: "one_cycle", Doc: "up to lr and down again (Smith and Topin 2017, arXiv:1708.07120)", Runs: true,
			Args: []Arg{{Name: "peak", Kind: Float, Default: 0.3, ByName: true, Limited: true, Max: 1, Doc: "share of the steps before the top"}},
		},
		Row{
			Name: "poly", Doc: "lr * (1 - t)^power", Runs: true,
			Args: []Arg{{Name: "power", Kind: Float, Limited: true, Max: 100, Above: true, Doc: "exponent"}, warmup},
		},
		Row{
			Name: "plateau", Doc: "lr falls when the validation loss has not for some epochs in a row", Runs: true,
			Args: []Arg{
				{Name: "patience", Kind: Int, Limited: true, Min: 1, Max: inf, Doc: "epochs to wait"},
				{Name: "factor", Kind: Float, Limited: true, Max: 1, Above: true, Below: true, Doc: "factor"},
			},
		},
	)
}

// setting returns a row of kind Setting from its one argument.
func setting(name, doc string, runs bool, a Arg) Row {
	a.Name, a.Doc = "value", doc
	return Row{Name: name, Doc: doc, Args: []Arg{a}, Runs: runs}
}

func defineSettings() {
	none := []string{"none"}
	call := func(of Kind, def any, words ...string) Arg {
		return Arg{Kind: CallOf, Of: of, Default: def, Optional: def == nil, Words: words}
	}
	whole := func(def int64, low float64) Arg {
		return Arg{Kind: Int, Default: def, Limited: true, Min: low, Max: 1 << 31}
	}
	define(Setting,
		setting("optimizer", "the rule that changes the weights", true, Arg{Kind: CallOf, Of: Optimizer}),
		setting("schedule", "the course of the learning rate", true, call(Schedule, nil)),
		setting("epochs", "passes over the training set", true, whole(10, 1)),
		setting("batch", "samples of one step", true, whole(32, 1)),
		setting("seed", "where all random numbers begin", true, Arg{
			Kind: Int, Default: int64(0), Limited: true, Min: -(1 << 53), Max: 1 << 53,
		}),
		setting("accumulate", "steps whose gradients count together, as one batch, before the weights change", true, whole(1, 1)),
		setting("precision", "the type of the numbers; strict: f32, in training and in serving without algorithms whose error is above that of a sum (Winograd's and Strassen's)", true, Arg{
			Kind: Word, Default: "f32", Words: []string{"f32", "strict", "bf16", "f16"}, Later: []string{"bf16", "f16"},
		}),
		setting("ema", "decay of the mean of the weights that is kept beside them; it is what is measured and saved", true, Arg{
			Kind: Float, Default: "none", Words: none, Limited: true, Max: 1, Above: true, Below: true,
		}),
		setting("clip", "largest norm of the gradient of all weights together; a longer one is shortened to it", true, Arg{
			Kind: Float, Default: "none", Words: none, Limited: true, Min: 1e-6, Max: inf,
		}),
		setting("mix", "mixing of samples", true, call(Mix, "none", "none")),
		setting("pick", "how a batch is drawn", true, call(Pick, "none", "none")),
		setting("stop", "when to end before the last epoch", true, call(Stop, "none", "none")),
		setting("checkpoint", "when the state is saved; once an epoch by itself", true, call(Interval, nil)),
	)
	amount := Arg{Name: "a", Kind: Float, Limited: true, Max: 100, Above: true, Doc: "parameter of the beta distribution"}
	define(Mix,
		Row{Name: "mixup", Doc: "weighted mean of two samples (Zhang et al. 2017, arXiv:1710.09412)", Args: []Arg{amount}, Runs: true},
		Row{Name: "cutmix", Doc: "a window of another sample (Yun et al. 2019, arXiv:1905.04899)", Args: []Arg{amount}, Runs: true},
	)
	define(Pick, Row{
		Name: "pk", Doc: "p classes of k samples: the batch is p*k", Runs: true,
		Args: []Arg{
			{Name: "p", Kind: Int, Limited: true, Min: 1, Max: 1 << 16, Doc: "classes"},
			{Name: "k", Kind: Int, Limited: true, Min: 1, Max: 1 << 16, Doc: "samples of each"},
		},
	})
	define(Stop, Row{
		Name: "early", Doc: "when a metric has not improved", Runs: true,
		Args: []Arg{
			{Name: "patience", Kind: Int, Limited: true, Min: 1, Max: 1 << 16, Doc: "epochs to wait"},
			{Name: "on", Kind: Expr, ByName: true, Doc: "the metric, such as val.accuracy"},
		},
	})
	number := Arg{Name: "n", Kind: Int, Limited: true, Max: 1 << 31, Doc: "number, counted from the begin of the phase"}
	define(Moment,
		Row{Name: "epoch", Doc: "a number of epochs", Args: []Arg{number}},
		Row{Name: "step", Doc: "a number of steps", Args: []Arg{number}},
	)
	define(Interval, Row{
		Name: "every", Doc: "again and again", Runs: true,
		Args: []Arg{{Name: "time", Kind: CallOf, Of: Moment, Doc: "epoch(n) or step(n)"}},
	})
}

func defineMetrics() {
	logits := Arg{Name: "logits", Kind: Expr, Doc: "scores with a class axis"}
	label := Arg{Name: "label", Kind: Expr, Doc: "the truth"}
	iou := Arg{Name: "iou", Kind: Float, Default: 0.5, ByName: true, Limited: true, Max: 1, Doc: "overlap that counts as found"}
	bins := Arg{Name: "bins", Kind: Int, Default: int64(15), ByName: true, Limited: true, Min: 1, Max: 1 << 10, Doc: "bins of confidence"}
	pair := []Arg{logits, label}
	ignore := Arg{Name: "ignore", Kind: Int, Default: int64(-1), ByName: true, Limited: true, Min: -1, Max: 1 << 30, Doc: "a label that does not count; -1 for none"}
	pixels := []Arg{logits, label, ignore}
	define(Metric,
		Row{
			Name: "top_k", Doc: "share of samples whose label is among the k best scores", Reduce: "mean", Runs: true,
			Args: settle(nil, pixels, []Arg{{Name: "k", Kind: Int, Default: int64(1), ByName: true, Limited: true, Min: 1, Max: 1 << 20, Doc: "scores that count"}}),
		},
		Row{Name: "precision", Doc: "share of the found that is right, mean over classes", Reduce: "set", Args: pixels, Runs: true},
		Row{Name: "recall", Doc: "share of the right that is found, mean over classes", Reduce: "set", Args: pixels, Runs: true},
		Row{Name: "f1", Doc: "harmonic mean of precision and recall", Reduce: "set", Args: pixels, Runs: true},
		Row{Name: "auc", Doc: "area under the curve of true by false positives", Reduce: "set", Args: pair, Runs: true},
		Row{Name: "ece", Doc: "expected calibration error", Reduce: "set", Less: true, Args: settle(nil, pixels, []Arg{bins}), Runs: true},
		Row{
			Name: "mean_ap", Doc: "mean average precision of detections", Reduce: "set", Runs: true,
			Args: []Arg{
				{Name: "boxes", Kind: Expr, Doc: "boxes"}, {Name: "scores", Kind: Expr, Doc: "their scores of classes; a softmax is taken where there is none"},
				{Name: "truth", Kind: Expr, Doc: "the truth"}, iou,
			},
		},
		Row{Name: "mean_iou", Doc: "mean over classes of intersection by union", Reduce: "set", Args: pixels, Runs: true},
		Row{
			Name: "true_accept", Doc: "share of equal pairs accepted at a rate of false ones", Reduce: "set", Runs: true,
			Args: []Arg{
				{Name: "x", Kind: Expr, Doc: "points"}, {Name: "id", Kind: Expr, Doc: "their classes"},
				{Name: "far", Kind: Float, ByName: true, Limited: true, Max: 1, Doc: "rate of false accepts"},
			},
		},
	)
}
