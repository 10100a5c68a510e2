package vocab

func init() {
	define(Calibration,
		Row{Name: "minmax", Doc: "the whole range that was seen"},
		Row{
			Name: "percentile", Doc: "the range without outliers",
			Args: []Arg{{Name: "p", Kind: Float, Limited: true, Min: 50, Max: 100, Doc: "per cent that is kept"}},
		},
		Row{Name: "entropy", Doc: "the range that loses the least information"},
		Row{Name: "mse", Doc: "the range with the least squared error"},
	)
	per := Arg{
		Name: "per", Kind: Word, Default: "tensor", ByName: true, Words: []string{"tensor", "channel"},
		Doc: "what has a scale of its own",
	}
	method := Arg{
		Name: "method", Kind: CallOf, Of: Calibration, Optional: true, ByName: true,
		Doc: "how the range is found; minmax by itself",
	}
	define(Scheme,
		Row{Name: "int8", Doc: "8 bits with sign", Args: []Arg{per, method}},
		Row{Name: "uint8", Doc: "8 bits without sign", Args: []Arg{per, method}},
	)
	define(Explanation, Row{
		Name: "gradcam", Doc: "where the class was seen (Selvaraju et al. 2016, arXiv:1610.02391)",
		Args: []Arg{
			{Name: "at", Kind: Expr, ByName: true, Doc: "the stage whose map is weighed"},
			{Name: "of", Kind: Expr, ByName: true, Doc: "the output that is explained"},
		},
	})
	steps := Arg{Name: "steps", Kind: Int, ByName: true, Limited: true, Min: 1, Max: 1 << 16, Doc: "runs of the net"}
	beta := Arg{Name: "beta", Kind: Expr, ByName: true, Doc: "the noise schedule"}
	define(Method,
		Row{
			Name: "ddim", Doc: "Song, Meng and Ermon 2020, arXiv:2010.02502",
			Args: []Arg{steps, beta, {Name: "eta", Kind: Float, Default: 0.0, ByName: true, Limited: true, Max: 1, Doc: "share of fresh noise"}},
		},
		Row{Name: "ddpm", Doc: "Ho, Jain and Abbeel 2020, arXiv:2006.11239", Args: []Arg{beta}},
	)
}
