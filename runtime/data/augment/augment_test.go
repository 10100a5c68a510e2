package augment

import (
	"bytes"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/netc-lang/netc/runtime/vision"
)

// picture returns a picture of one shape for all tests.
func picture(w, h, c int) *vision.Picture {
	p := vision.New(w, h, c)
	for i := range p.Pix {
		p.Pix[i] = byte(i*13 + i/7)
	}
	return p
}

func call(name string, args ...any) Call {
	c := Call{Name: name, Args: map[string]any{}}
	for i := 0; i < len(args); i += 2 {
		c.Args[args[i].(string)] = args[i+1]
	}
	return c
}

// apply runs calls on fields of equal pictures with the draws of one record.
func apply(t *testing.T, index int, fields []int, calls ...Call) *Sample {
	t.Helper()
	var steps []Step
	for _, c := range calls {
		steps = append(steps, Step{Fields: fields, Call: c})
	}
	chain, err := Compile(steps)
	if err != nil {
		t.Fatal(err)
	}
	s := NewSample(3)
	for i := range s.Pictures {
		s.Pictures[i].CopyFrom(picture(24, 18, 3))
	}
	r := NewRunner()
	r.Source.Seed(5, 2, index)
	r.Run(chain, s)
	return s
}

func one(t *testing.T, index int, calls ...Call) *vision.Picture {
	t.Helper()
	return &apply(t, index, []int{0}, calls...).Pictures[0]
}

func same(a, b *vision.Picture) bool {
	return a.W == b.W && a.H == b.H && a.C == b.C && bytes.Equal(a.Pix, b.Pix)
}

// every is one ordinary call of each step.
var every = []Call{
	call("rotate", "degrees", [2]float64{10, 20}),
	call("translate", "by", [2]float64{-0.2, 0.2}),
	call("scale", "by", [2]float64{1.1, 1.3}),
	call("shear", "degrees", [2]float64{5, 10}),
	call("hflip", "p", 1.0),
	call("vflip", "p", 1.0),
	call("resize", "h", int64(5), "w", int64(8), "mode", "bicubic"),
	call("center_crop", "h", int64(5)),
	call("random_crop", "h", int64(5), "w", int64(6), "pad", int64(2)),
	call("random_resized_crop", "h", int64(7)),
	call("pad", "n", int64(3), "mode", "reflect"),
	call("brightness", "by", [2]float64{0.5, 0.7}),
	call("contrast", "by", [2]float64{0.5, 0.7}),
	call("saturation", "by", [2]float64{0.5, 0.7}),
	call("color_jitter", "brightness", [2]float64{0.5, 0.7}),
	call("gray", "p", 1.0),
	call("invert", "p", 1.0),
	call("posterize", "bits", int64(3)),
	call("solarize", "threshold", int64(100)),
	call("equalize", "p", 1.0),
	call("swap", "set", "BGR"),
	call("noise", "std", 0.1),
	call("hue", "by", [2]float64{0.2, 0.3}),
	call("hsv", "h", 0.1, "s", 0.5, "v", 0.5),
	call("blur", "sigma", [2]float64{1, 2}),
	call("jpeg", "quality", [2]float64{5, 30}),
	call("letterbox", "h", int64(8), "w", int64(9)),
	call("elastic", "alpha", 3.0),
	call("random_perspective", "degrees", [2]float64{-9, 9}, "scale", [2]float64{0.7, 1.2}),
	call("perspective", "distortion", 0.5, "p", 1.0),
	call("auto_augment"),
	call("rand_augment", "n", int64(2), "m", int64(9)),
	call("trivial_augment"),
	call("erase", "p", 1.0, "scale", [2]float64{0.2, 0.3}),
}

// TestEveryStep wants each step of the table to change a picture, the same way
// for the same record, on every field that shares the draw, and nothing else.
func TestEveryStep(t *testing.T) {
	var names []string
	for _, c := range every {
		names = append(names, c.Name)
		s := apply(t, 1, []int{0, 2}, c)
		before := picture(24, 18, 3)
		if same(&s.Pictures[0], before) {
			t.Errorf("%s changes nothing", c.Name)
		}
		if !same(&s.Pictures[1], before) {
			t.Errorf("%s changes a field it was not applied to", c.Name)
		}
		if !same(&s.Pictures[0], &s.Pictures[2]) {
			t.Errorf("%s draws anew for the second field", c.Name)
		}
		if again := apply(t, 1, []int{0, 2}, c); !same(&s.Pictures[0], &again.Pictures[0]) {
			t.Errorf("%s gives another result for the same record", c.Name)
		}
	}
	slices.Sort(names)
	if want := Names(); !slices.Equal(names, want) {
		t.Errorf("the test covers %v, and the table has %v", names, want)
	}
}

// TestRandomSteps wants other records to be changed in other ways.
func TestRandomSteps(t *testing.T) {
	random := map[string]bool{}
	for _, c := range every {
		first := one(t, 0, c)
		for i := 1; i < 20 && !random[c.Name]; i++ {
			random[c.Name] = !same(first, one(t, i, c))
		}
	}
	for _, name := range []string{"rotate", "translate", "scale", "shear", "random_crop", "random_resized_crop", "brightness", "contrast", "saturation", "color_jitter", "noise", "erase", "elastic", "random_perspective", "hue", "hsv", "blur", "jpeg"} {
		if !random[name] {
			t.Errorf("%s does the same to every record", name)
		}
	}
	for _, name := range []string{"hflip", "resize", "center_crop", "letterbox", "pad", "gray", "invert", "posterize", "solarize", "equalize", "swap"} {
		if random[name] {
			t.Errorf("%s with these arguments should not be random", name)
		}
	}
}

// TestComposition resamples neighbouring geometric steps once: a turn forth and
// back leaves the picture as it was, which two resamples would blur.
func TestComposition(t *testing.T) {
	before := picture(24, 18, 3)
	got := one(t, 0, call("rotate", "degrees", [2]float64{90, 90}), call("scale", "by", [2]float64{2, 2}),
		call("hflip", "p", 1.0), call("hflip", "p", 1.0), call("scale", "by", [2]float64{0.5, 0.5}), call("rotate", "degrees", [2]float64{-90, -90}))
	if !same(got, before) {
		t.Error("steps that undo one another changed the picture")
	}
	// Something between them splits the chain: the corners are lost.
	got = one(t, 0, call("rotate", "degrees", [2]float64{90, 90}), call("invert"), call("invert"), call("rotate", "degrees", [2]float64{-90, -90}))
	if same(got, before) {
		t.Error("steps apart from one another were composed")
	}
	// The order is that of the source.
	a := one(t, 0, call("rotate", "degrees", [2]float64{30, 30}), call("scale", "by", [2]float64{1.5, 1.5}), call("translate", "by", [2]float64{0.25, 0.25}))
	m := vision.Rotation(30).Then(vision.Zoom(1.5, 1.5)).About(12, 9).Then(vision.Shift(6, 4))
	want := vision.New(24, 18, 3)
	vision.Warp(want, before, m)
	if !same(a, want) {
		t.Error("rotate, scale, translate is not what the maps say")
	}
}

func TestFlips(t *testing.T) {
	want := picture(24, 18, 3)
	vision.FlipH(want)
	if !same(one(t, 0, call("hflip", "p", 1.0)), want) {
		t.Error("hflip is no mirror image")
	}
	vision.FlipV(want)
	if !same(one(t, 0, call("hflip", "p", 1.0), call("vflip", "p", 1.0)), want) {
		t.Error("hflip and vflip are no half turn")
	}
	flips := 0
	for i := range 2000 {
		if !same(one(t, i, call("hflip", "p", 0.25)), picture(24, 18, 3)) {
			flips++
		}
	}
	if flips < 430 || flips > 570 {
		t.Errorf("got %d of 2000 flipped, want about 500", flips)
	}
}

func TestSizes(t *testing.T) {
	for _, c := range []struct {
		call Call
		w, h int
	}{
		{call("resize", "h", int64(5)), 6, 5}, // 24 by 18: the short side
		{call("resize", "h", int64(18)), 24, 18},
		{call("resize", "h", int64(5), "w", int64(20)), 20, 5},
		{call("center_crop", "h", int64(7)), 7, 7},
		{call("center_crop", "h", int64(20), "w", int64(30)), 30, 20},
		{call("random_crop", "h", int64(4), "w", int64(6)), 6, 4},
		{call("random_crop", "h", int64(40)), 40, 40},
		{call("random_resized_crop", "h", int64(4), "w", int64(6)), 6, 4},
		{call("random_resized_crop", "h", int64(4), "ratio", [2]float64{50, 60}), 4, 4},
		{call("random_resized_crop", "h", int64(4), "ratio", [2]float64{0.01, 0.02}), 4, 4},
		{call("pad", "n", int64(100), "mode", "reflect"), 224, 218},
		{call("pad", "n", int64(2)), 28, 22},
	} {
		for i := range 10 {
			if got := one(t, i, c.call); got.W != c.w || got.H != c.h {
				t.Errorf("%v: got %d by %d, want %d by %d", c.call, got.W, got.H, c.w, c.h)
			}
		}
	}
}

// TestInterval spreads the draws evenly over the interval.
func TestInterval(t *testing.T) {
	s := NewSource()
	var low, high, sum float64 = math.Inf(1), math.Inf(-1), 0
	const n = 20_000
	for i := range n {
		s.Seed(1, 0, i)
		v := s.between([2]float64{-3, 5})
		low, high, sum = min(low, v), max(high, v), sum+v
	}
	if low < -3 || high > 5 || low > -2.99 || high < 4.99 || math.Abs(sum/n-1) > 0.05 {
		t.Errorf("got %v..%v with mean %v, want -3..5 with mean 1", low, high, sum/n)
	}
}

// TestSeeds draws different numbers for every seed, epoch and record.
func TestSeeds(t *testing.T) {
	seen := map[uint64]bool{}
	s := NewSource()
	for seed := range int64(10) {
		for epoch := range 10 {
			for index := range 100 {
				s.Seed(seed-5, epoch, index)
				seen[s.Uint64()] = true
			}
		}
	}
	if len(seen) != 10_000 {
		t.Errorf("got %d different numbers, want 10000", len(seen))
	}
}

func TestCompileRefuses(t *testing.T) {
	for _, c := range []struct {
		call Call
		want string
	}{
		{call("mosaic"), "`mosaic`"},
		{call("rotate", "degree", 3.0), "no argument degree"},
		{call("rotate", "degrees", "far"), "interval"},
		{call("rotate", "degrees", [2]float64{3, -3}), "empty interval"},
		{call("rotate", "degrees", []float64{1, 2, 3}), "3 numbers"},
		{call("shear", "degrees", 90.0), "within -90..90"},
		{call("scale", "by", [2]float64{0, 1}), "above 0"},
		{call("hflip", "p", 1.5), "0..1"},
		{call("resize"), "h is missing"},
		{call("resize", "h", 2.5), "whole number"},
		{call("resize", "h", int64(0)), "at least 1"},
		{call("resize", "h", int64(1)<<40), "whole number"},
		{call("resize", "h", int64(3), "mode", "nearest"), "one of bicubic, bilinear"},
		{call("pad", "n", int64(1), "mode", 3.0), "a word"},
		{call("posterize", "bits", int64(9)), "9"},
		{call("swap"), "BGR, RGB"},
		{call("noise", "std", -0.1), "negative"},
		{call("noise", "std", math.NaN()), "negative"},
		{call("noise", "std", true), "a number"},
		{call("erase", "ratio", [2]float64{0, 1}), "above 0"},
		{call("random_resized_crop", "h", int64(2), "scale", [2]float64{0, 1}), "above 0"},
	} {
		_, err := Compile([]Step{{Fields: []int{0}, Call: c.call}})
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), c.call.Name) {
			t.Errorf("%v: got %v, want %q", c.call, err, c.want)
		}
	}
	if _, err := Compile([]Step{{Call: call("hflip")}}); err == nil {
		t.Error("no field: got no error")
	}
}

// TestArguments accepts the forms in which the compiler writes numbers.
func TestArguments(t *testing.T) {
	forms := []any{[2]float64{-4, 4}, []float64{-4, 4}, 4.0, int64(4), 4}
	want := one(t, 3, call("rotate", "degrees", forms[0]))
	for _, f := range forms {
		if !same(one(t, 3, call("rotate", "degrees", f)), want) {
			t.Errorf("degrees=%v (%T) is another step", f, f)
		}
	}
	a := Read(call("x", "p", 2.0, "q", -1.0))
	if a.Positive("p", 1); a.Err() == nil {
		t.Error("got no error for an argument that nobody reads")
	}
	if a.Positive("q", 1); a.Err() == nil || !strings.Contains(a.Err().Error(), "above 0") {
		t.Errorf("got %v, want that q is not above 0", a.Err())
	}
}
