package augment

// table maps the name of a step to the function that reads its arguments.
var table = map[string]func(*Args) op{
	"rotate":    rotate,
	"translate": translate,
	"scale":     scale,
	"shear":     shear,
	"hflip":     hflip,
	"vflip":     vflip,

	"resize":              resize,
	"center_crop":         centerCrop,
	"random_crop":         randomCrop,
	"random_resized_crop": randomResizedCrop,
	"pad":                 pad,
	"letterbox":           letterbox,

	"elastic":            elastic,
	"perspective":        perspective,
	"random_perspective": randomPerspective,

	"auto_augment":    autoAugment,
	"rand_augment":    randAugment,
	"trivial_augment": trivialAugment,

	"brightness":   brightness,
	"contrast":     contrast,
	"saturation":   saturation,
	"color_jitter": colorJitter,
	"gray":         gray,
	"invert":       invert,
	"posterize":    posterize,
	"solarize":     solarize,
	"equalize":     equalize,
	"swap":         swapSet,

	"hue":  hue,
	"hsv":  hsv,
	"blur": blur,
	"jpeg": jpegStep,

	"noise": noise,
	"erase": erase,
}
