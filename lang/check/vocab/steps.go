package vocab

import "math"

// all are the fields that a step moves together when it moves a picture.
const all = Picture | Mask | Boxes | Keypoints

var (
	height = Arg{Name: "h", Kind: Int, Limited: true, Min: 1, Max: 1 << 16, Doc: "height in pixels; of a square when it stands alone"}
	width  = Arg{Name: "w", Kind: Int, Optional: true, Limited: true, Min: 1, Max: 1 << 16, Doc: "width in pixels"}
	filter = Arg{
		Name: "mode", Kind: Word, Default: "bilinear", ByName: true,
		Words: []string{"bilinear", "box", "hamming", "bicubic", "lanczos"}, Doc: "the filter, as in Pillow",
	}
)

// probability returns the argument p with a default.
func probability(p float64) Arg {
	return Arg{Name: "p", Kind: Float, Default: p, ByName: true, Limited: true, Max: 1, Doc: "probability"}
}

// byPosition lets an argument with a default stand by position too: the step is
// mostly written with just this number.
func byPosition(a Arg) Arg {
	a.ByName = false
	return a
}

func angles(doc string) Arg {
	return Arg{Name: "degrees", Kind: Range, Limited: true, Min: -360, Max: 360, Doc: doc}
}

func factor(name string) Arg {
	return Arg{Name: name, Kind: Range, Center: 1, Doc: "factor; d means 1-d..1+d"}
}

func init() {
	define(Step,
		Row{
			Name: "rotate", Doc: "turns counter-clockwise by a random angle",
			Args: []Arg{angles("angle in degrees; d means -d..d")}, On: all, Random: true, Runs: true,
		},
		Row{
			Name: "translate", Doc: "moves by a random share of the size, each way on its own",
			Args: []Arg{{Name: "by", Kind: Range, Limited: true, Min: -1, Max: 1, Doc: "share of the size; d means -d..d"}},
			On:   all, Random: true, Runs: true,
		},
		Row{
			Name: "scale", Doc: "enlarges by a random factor about the middle",
			Args: []Arg{{Name: "by", Kind: Range, Center: 1, Limited: true, Min: 1e-3, Max: 1e3, Doc: "factor; d means 1-d..1+d"}},
			On:   all, Random: true, Runs: true,
		},
		Row{
			Name: "shear", Doc: "slants the rows by a random angle",
			Args: []Arg{{Name: "degrees", Kind: Range, Limited: true, Min: -89, Max: 89, Doc: "angle in degrees; d means -d..d"}},
			On:   all, Random: true, Runs: true,
		},
		Row{Name: "hflip", Doc: "mirrors left and right", Args: []Arg{probability(0.5)}, On: all, Random: true, Runs: true},
		Row{Name: "vflip", Doc: "mirrors top and bottom", Args: []Arg{probability(0.5)}, On: all, Random: true, Runs: true},
		Row{
			Name: "perspective", Doc: "tilts the picture in space",
			Args: []Arg{byPosition(Arg{Name: "distortion", Kind: Float, Default: 0.5, Limited: true, Max: 1, Doc: "share of the size that corners move"}), probability(0.5)},
			On:   all, Random: true, Runs: true,
		},
		Row{
			Name: "random_perspective", Doc: "rotation, translation, scale and shear in one draw, as detectors train",
			Args: []Arg{
				{Name: "degrees", Kind: Range, Default: [2]float64{}, ByName: true, Limited: true, Min: -360, Max: 360, Doc: "angle"},
				{Name: "translate", Kind: Range, Default: [2]float64{-0.1, 0.1}, ByName: true, Limited: true, Min: -1, Max: 1, Doc: "share of the size"},
				{Name: "scale", Kind: Range, Center: 1, Default: [2]float64{0.5, 1.5}, ByName: true, Limited: true, Min: 1e-3, Max: 1e3, Doc: "factor"},
				{Name: "shear", Kind: Range, Default: [2]float64{}, ByName: true, Limited: true, Min: -89, Max: 89, Doc: "angle"},
			},
			On: all, Random: true, Runs: true,
		},
		Row{
			Name: "elastic", Doc: "bends the picture by a smooth random field",
			Args: []Arg{{Name: "alpha", Kind: Float, Limited: true, Max: 1e4, Doc: "strength in pixels"}},
			On:   all, Random: true, Runs: true,
		},
		Row{
			Name: "mosaic", Doc: "joins four samples in one picture, each in a quarter around a random point; it comes first",
			Args: []Arg{byPosition(probability(0.5))}, On: all, Random: true, Runs: true,
		},
	)
	defineFraming()
	defineColour()
	defineTensorSteps()
}

func defineFraming() {
	define(Step,
		Row{
			Name: "resize", Doc: "scales: with h alone the short side, with both to h by w",
			Args: []Arg{height, width, filter}, On: all, Runs: true, effect: shortSide,
		},
		Row{
			Name: "center_crop", Doc: "the middle, with black around smaller pictures",
			Args: []Arg{height, width}, On: all, Runs: true, effect: frames,
		},
		Row{
			Name: "random_crop", Doc: "a window anywhere in the picture",
			Args: []Arg{height, width, {Name: "pad", Kind: Int, Default: int64(0), ByName: true, Limited: true, Max: 1 << 12, Doc: "black pixels that the picture gets on every side first"}},
			On:   all, Random: true, Runs: true, effect: frames,
		},
		Row{
			Name: "random_resized_crop", Doc: "a window of random area and proportion, scaled to h by w",
			Args: []Arg{
				height, width,
				{Name: "scale", Kind: Range, Center: 1, Default: [2]float64{0.08, 1}, ByName: true, Limited: true, Min: 1e-4, Max: 1, Doc: "share of the area"},
				{Name: "ratio", Kind: Range, Center: 1, Default: [2]float64{3.0 / 4, 4.0 / 3}, ByName: true, Limited: true, Min: 1e-2, Max: 1e2, Doc: "width by height"},
				filter,
			},
			On: all, Random: true, Runs: true, effect: frames,
		},
		Row{
			Name: "letterbox", Doc: "scales the long side and fills the rest, so that nothing is cut or bent",
			Args: []Arg{height, width}, On: all, Runs: true, effect: frames,
		},
		Row{
			Name: "pad", Doc: "adds pixels on every side",
			Args: []Arg{
				{Name: "n", Kind: Int, Limited: true, Max: 1 << 12, Doc: "pixels"},
				{Name: "mode", Kind: Word, Default: "constant", ByName: true, Words: []string{"constant", "edge", "reflect"}, Doc: "black, the border's colour, or a mirror"},
			},
			On: all, Runs: true, effect: grows,
		},
	)
}

func defineColour() {
	pixels := func(r Row) Row {
		r.On, r.Random, r.Runs = Picture, true, true
		return r
	}
	optional := func(a Arg) Arg {
		a.Optional, a.ByName = true, true
		return a
	}
	unit := func(name, doc string) Arg {
		return Arg{Name: name, Kind: Float, Limited: true, Max: 1, Doc: doc}
	}
	define(Step,
		pixels(Row{Name: "brightness", Doc: "mixes with black by a random factor", Args: []Arg{factor("by")}}),
		pixels(Row{Name: "contrast", Doc: "mixes with the mean gray by a random factor", Args: []Arg{factor("by")}}),
		pixels(Row{Name: "saturation", Doc: "mixes with its gray form by a random factor", Args: []Arg{factor("by")}}),
		pixels(Row{
			Name: "color_jitter", Doc: "brightness, contrast and saturation in a random order; what is not given follows the first",
			Args: []Arg{factor("brightness"), optional(factor("contrast")), optional(factor("saturation"))},
		}),
		Row{
			Name: "hue", Doc: "turns the colour circle by a random share",
			Args: []Arg{{Name: "by", Kind: Range, Limited: true, Min: -0.5, Max: 0.5, Doc: "share of the circle; d means -d..d"}},
			On:   Picture, Random: true, Runs: true,
		},
		Row{
			Name: "hsv", Doc: "changes hue, saturation and value at random",
			Args: []Arg{unit("h", "share of the circle"), unit("s", "share of the saturation"), unit("v", "share of the value")},
			On:   Picture, Random: true, Runs: true,
		},
		pixels(Row{Name: "gray", Doc: "takes the colour away; the picture keeps its channels", Args: []Arg{probability(1)}}),
		pixels(Row{Name: "invert", Doc: "exchanges dark and light", Args: []Arg{probability(1)}}),
		pixels(Row{Name: "equalize", Doc: "makes all levels equally frequent", Args: []Arg{probability(1)}}),
		Row{
			Name: "posterize", Doc: "keeps the high bits of each channel", On: Picture, Runs: true,
			Args: []Arg{{Name: "bits", Kind: Int, Limited: true, Min: 1, Max: 8, Doc: "bits that are kept"}},
		},
		Row{
			Name: "solarize", Doc: "inverts what is brighter than a threshold", On: Picture, Runs: true,
			Args: []Arg{{Name: "threshold", Kind: Int, Limited: true, Max: 256, Doc: "level of 0..255"}},
		},
		pixels(Row{
			Name: "noise", Doc: "adds normal noise",
			Args: []Arg{{Name: "std", Kind: Float, Limited: true, Max: 1, Doc: "standard deviation; the range of a channel counts as 1"}},
		}),
		Row{
			Name: "blur", Doc: "Gaussian blur of random width", On: Picture, Random: true, Runs: true,
			Args: []Arg{{Name: "sigma", Kind: Range, Exact: true, Limited: true, Max: 100, Doc: "standard deviation in pixels"}},
		},
		Row{
			Name: "jpeg", Doc: "compresses with a random quality", On: Picture, Random: true, Runs: true,
			Args: []Arg{{Name: "quality", Kind: Range, Exact: true, Limited: true, Min: 1, Max: 100, Doc: "quality of 1..100"}},
		},
		pixels(Row{
			Name: "erase", Doc: "blackens a random window",
			Args: []Arg{
				byPosition(probability(0.5)),
				{Name: "scale", Kind: Range, Exact: true, Default: [2]float64{0.02, 0.33}, ByName: true, Limited: true, Max: 1, Doc: "share of the area"},
				{Name: "ratio", Kind: Range, Center: 1, Default: [2]float64{0.3, 3.3}, ByName: true, Limited: true, Min: 1e-2, Max: 1e2, Doc: "height by width"},
			},
		}),
		Row{Name: "auto_augment", Doc: "the learned policy for ImageNet (Cubuk et al. 2018, arXiv:1805.09501)", On: all, Random: true, Runs: true},
		Row{Name: "trivial_augment", Doc: "one random operation of random strength (Müller and Hutter 2021, arXiv:2103.10158)", On: all, Random: true, Runs: true},
		Row{
			Name: "rand_augment", Doc: "n random operations of strength m (Cubuk et al. 2019, arXiv:1909.13719)", On: all, Random: true, Runs: true,
			Args: []Arg{
				{Name: "n", Kind: Int, Limited: true, Min: 1, Max: 16, Doc: "operations"},
				{Name: "m", Kind: Int, Limited: true, Max: 30, Doc: "strength of 0..30"},
			},
		},
	)
}

func defineTensorSteps() {
	define(Step,
		Row{
			Name: "swap", Doc: "exchanges the order of the colours", On: Picture, Runs: true, effect: renames,
			Args: []Arg{{Name: "set", Kind: Word, Words: []string{"RGB", "BGR"}, Doc: "the order that is wanted"}},
		},
		Row{Name: "chw", Doc: "turns u8[H, W, S] into f32[S, H, W] with values in 0..1", On: Picture, Runs: true, effect: toTensor},
		Row{
			Name: "normalize", Doc: "(x - mean) / std for each channel", On: Picture, Planar: true, Runs: true,
			Args: []Arg{
				{Name: "mean", Kind: Floats, ByName: true, Doc: "one number for each channel, or one for all"},
				{Name: "std", Kind: Floats, ByName: true, Limited: true, Min: 1e-6, Max: math.Inf(1), Doc: "one number for each channel, or one for all"},
			},
			typing: within,
		},
		Row{
			Name: "scale_to", Doc: "maps 0..1 to an interval", On: Picture, Planar: true, Runs: true,
			Args: []Arg{{Name: "to", Kind: Range, Exact: true, Doc: "the interval"}},
			typing: func(p Image, _ map[string]any) (Image, string) {
				p.Moved = true
				return p, ""
			},
		},
		Row{
			Name: "bpe", Doc: "turns text into ids by byte-pair encoding: 0 is nothing, 1 to 256 are bytes, then come the lines of the vocabulary", On: Text, Runs: true,
			Args: []Arg{
				{Name: "file", Kind: String, Doc: "the vocabulary"},
				{Name: "length", Kind: Int, ByName: true, Limited: true, Min: 1, Max: 1 << 16, Doc: "ids that every text is cut or filled to"},
			},
		},
	)
}
