package vocab

import "fmt"

// Size is the height or width of a picture: a number, the symbol of a sample
// type, or, as the zero value, not known before the picture is.
type Size struct {
	N      int64
	Symbol string
}

// Pixels returns a known size.
func Pixels(n int64) Size { return Size{N: n} }

// Image is the type of a picture on its way through the steps: u8[H, W, Set], and
// behind `chw` f32[Set, H, W].
type Image struct {
	H, W   Size
	Set    string // index set of the channels, such as "RGB"
	Planar bool   // behind chw
	Moved  bool   // values behind chw are no longer in 0..1
	Short  int64  // the short side where only that is known, else 0
	Mask   bool   // a label for each pixel: it has no channels
}

// Open reports whether height or width are known only with the picture.
func (p Image) Open() bool { return p.H.N == 0 || p.W.N == 0 }

// Channels returns the number of channels of a built-in set, 0 for others.
func (p Image) Channels() int {
	switch p.Set {
	case "Gray":
		return 1
	case "RGB", "BGR":
		return 3
	case "RGBA":
		return 4
	}
	return 0
}

// effect is what a step does to the type of a picture.
type effect uint8

const (
	keeps     effect = iota // nothing
	frames                  // h and w, which defaults to h
	shortSide               // h alone sets the short side, h and w both
	grows                   // n pixels on each side
	toTensor                // u8[H, W, S] to f32[S, H, W]
	renames                 // the set becomes that of the argument "set"
)

// Apply returns the type of a picture behind a step. The problem is "" when the
// step can follow what was before it.
func (r *Row) Apply(p Image, args map[string]any) (out Image, problem string) {
	if r.Planar != p.Planar && !p.Mask {
		if p.Planar {
			return p, fmt.Sprintf("`%s` works on pixels u8[H, W, %s], and `chw` has made this f32[%s, H, W]", r.Name, p.Set, p.Set)
		}
		return p, fmt.Sprintf("`%s` works on f32[C, H, W], and this is still u8[H, W, %s]: put `chw` before it", r.Name, p.Set)
	}
	if problem := r.tooLarge(p, args); problem != "" {
		return p, problem
	}
	switch r.effect {
	case frames, shortSide:
		p.Short = 0
		h := args["h"].(int64)
		w, both := args["w"].(int64)
		switch {
		case both:
			p.H, p.W = Pixels(h), Pixels(w)
		case r.effect == frames:
			p.H, p.W = Pixels(h), Pixels(h)
		default:
			p.H, p.W = scaleShort(p.H, p.W, h)
			if p.Open() {
				p.Short = h
			}
		}
	case grows:
		p.Short = 0
		n := args["n"].(int64)
		p.H, p.W = grow(p.H, 2*n), grow(p.W, 2*n)
	case toTensor:
		p.Planar = true
	case renames:
		set := args["set"].(string)
		if set == p.Set {
			return p, fmt.Sprintf("the channels are %s already", set)
		}
		if p.Channels() != 3 {
			return p, fmt.Sprintf("`%s` exchanges RGB and BGR, and the channels are %s", r.Name, p.Set)
		}
		p.Set = set
	}
	if r.typing != nil {
		return r.typing(p, args)
	}
	return p, ""
}

// tooLarge reports a crop that is larger than every picture: all would get a black frame,
// for which there are steps that say so.
func (r *Row) tooLarge(p Image, args map[string]any) string {
	if r.Name != "center_crop" && r.Name != "random_crop" {
		return ""
	}
	h := args["h"].(int64)
	w := h
	if v, ok := args["w"].(int64); ok {
		w = v
	}
	if pad, ok := args["pad"].(int64); ok {
		h, w = h-2*pad, w-2*pad
	}
	if p.Short > 0 && h > p.Short && w > p.Short {
		return fmt.Sprintf("`%s` takes %d by %d pixels, and the short side of these pictures has %d", r.Name, h, w, p.Short)
	}
	if p.H.N > 0 && h > p.H.N || p.W.N > 0 && w > p.W.N {
		return fmt.Sprintf("`%s` takes %d by %d pixels, and these pictures have %d by %d", r.Name, h, w, p.H.N, p.W.N)
	}
	return ""
}

// within is the typing of normalize: behind `chw` values lie in 0..1.
func within(p Image, args map[string]any) (Image, string) {
	if _, problem := perChannel("mean", "std")(p, args); problem != "" {
		return p, problem
	}
	for _, name := range []string{"mean", "std"} {
		for _, v := range args[name].([]float64) {
			if !p.Moved && (v > 1 || v < 0) {
				return p, fmt.Sprintf("`%s` is %s, and behind `chw` values lie in 0..1, not in 0..255", name, show(v))
			}
		}
	}
	p.Moved = true
	return p, ""
}

// scaleShort returns h and w scaled so that the short side is n; the long one is
// rounded down, as torchvision's Resize does. An unknown proportion leaves an
// unknown size.
func scaleShort(h, w Size, n int64) (Size, Size) {
	switch {
	case h.N == 0 || w.N == 0:
		if h.Symbol != "" && h == w {
			return Pixels(n), Pixels(n)
		}
		return Size{}, Size{}
	case w.N <= h.N:
		return Pixels(n * h.N / w.N), Pixels(n)
	}
	return Pixels(n), Pixels(n * w.N / h.N)
}

func grow(s Size, n int64) Size {
	if s.N == 0 {
		return Size{}
	}
	return Pixels(s.N + n)
}

// perChannel checks lists that hold one number for each channel.
func perChannel(names ...string) func(Image, map[string]any) (Image, string) {
	return func(p Image, args map[string]any) (Image, string) {
		c := p.Channels()
		for _, name := range names {
			list, _ := args[name].([]float64)
			if c > 0 && len(list) != 1 && len(list) != c {
				return p, fmt.Sprintf("`%s` holds %s, and %s has %s", name, count(len(list), "number"), p.Set, count(c, "channel"))
			}
		}
		return p, ""
	}
}
