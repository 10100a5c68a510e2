package nrt

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/color"
	"reflect"
	"strings"
	"testing"
	"unsafe"

	"github.com/netc-lang/netc/runtime/weights"
)

func TestFloats(t *testing.T) {
	for n := range 70 {
		for range 20 {
			f := Floats(n)
			if len(f) != n || cap(f) != n {
				t.Fatalf("Floats(%d): got length %d and capacity %d", n, len(f), cap(f))
			}
			if n > 0 && uintptr(unsafe.Pointer(&f[0]))%Alignment != 0 {
				t.Fatalf("Floats(%d) begins at %p, want a multiple of %d", n, &f[0], Alignment)
			}
		}
	}
}

func TestResolve(t *testing.T) {
	r := strings.NewReader("")
	o, err := Resolve([]Option{Threads(3), Weights(r), Threads(2)})
	if err != nil || o.Threads != 2 || o.Weights != r {
		t.Errorf("got %+v, want the last of each option", o)
	}
	if o, err := Resolve(nil); err != nil || o != (Options{}) {
		t.Errorf("got %+v, want the zero value", o)
	}
}

func file(t *testing.T, arrays ...weights.Array) []byte {
	t.Helper()
	data, err := weights.Encode(arrays, nil)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestLoadWeights(t *testing.T) {
	a := weights.Array{Name: "a", Shape: []int{2, 1}, Floats: []float32{1, 2}}
	b := weights.Array{Name: "b", Shape: []int{3}, Floats: []float32{3, 4, 5}}
	more := weights.Array{Name: "more", Shape: []int{1}, Floats: []float32{6}}
	want := []State{{Name: "b", Shape: []int{3}}, {Name: "a", Shape: []int{2, 1}}}
	got, err := LoadWeights(file(t, a, b, more), Options{}, want)
	if err != nil || !reflect.DeepEqual(got, [][]float32{b.Floats, a.Floats}) {
		t.Errorf("got %v, %v, want the weights in the order that was asked for", got, err)
	}
	a.Floats = []float32{7, 8}
	got, err = LoadWeights(file(t), Options{Weights: bytes.NewReader(file(t, a, b))}, want)
	if err != nil || got[1][0] != 7 {
		t.Errorf("got %v, %v, want those of the option", got, err)
	}
	_, err = LoadWeights(file(t, a), Options{}, []State{{Name: "b", Shape: []int{3}}, {Name: "a", Shape: []int{1, 2}}})
	for _, part := range []string{"b [3] is missing", "a is [2 1] there and [1 2] here"} {
		if !errors.Is(err, ErrWeights) || !strings.Contains(err.Error(), part) {
			t.Errorf("got %v, want ErrWeights with %q", err, part)
		}
	}
	if _, err := LoadWeights([]byte("nonsense, really"), Options{}, want); !errors.Is(err, weights.ErrFormat) {
		t.Errorf("got %v, want ErrFormat", err)
	}
	broken := errors.New("broken")
	if _, err := LoadWeights(nil, Options{Weights: failing{broken}}, want); !errors.Is(err, broken) {
		t.Errorf("got %v, want the reader's error", err)
	}
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

// TestFitsShort lists ten differences at most.
func TestFitsShort(t *testing.T) {
	var want []State
	for i := range 25 {
		want = append(want, State{Name: fmt.Sprintf("w%02d", i), Shape: []int{1}})
	}
	f, err := weights.Read(bytes.NewReader(file(t)), int64(len(file(t))))
	if err != nil {
		t.Fatal(err)
	}
	err = Fits(f, want)
	if err == nil || !strings.Contains(err.Error(), "w09") || strings.Contains(err.Error(), "w10") || !strings.Contains(err.Error(), "15 more") {
		t.Errorf("got %v, want ten names and how many more", err)
	}
}

// TestPreparerSteps takes a photo of another size and colour to the input of a
// network, again and again with the same memory.
func TestPreparerSteps(t *testing.T) {
	img := image.NewNRGBA(image.Rect(0, 0, 8, 4))
	for i := range 32 {
		img.Set(i%8, i/8, color.NRGBA{255, 51, 0, 255})
	}
	p, err := NewPreparation(Picture{Channels: 3, Set: "BGR", C: 3, H: 2, W: 2},
		Step{Name: "resize", Args: map[string]any{"h": int64(2)}}, Step{Name: "center_crop", Args: map[string]any{"h": int64(2)}})
	if err != nil {
		t.Fatal(err)
	}
	q, dst := p.New(), make([]float32, 3*2*2)
	for range 2 {
		if err := q.Prepare(dst, img); err != nil {
			t.Fatal(err)
		}
		if want := []float32{0, 0, 0, 0, 0.2, 0.2, 0.2, 0.2, 1, 1, 1, 1}; !reflect.DeepEqual(dst, want) {
			t.Errorf("got %v, want %v", dst, want)
		}
	}
	digits, err := NewPreparation(Picture{Channels: 1, Set: "Gray", C: 1, H: 28, W: 28})
	if err != nil {
		t.Fatal(err)
	}
	if err := digits.New().Prepare(make([]float32, 784), img); err == nil || !strings.Contains(err.Error(), "8 by 4 pixels, expected 28 by 28") {
		t.Errorf("got %v, want both sizes", err)
	}
}
