package gogen

import (
	"strings"
	"testing"

	"github.com/netc-lang/netc/ir"
)

// memoryProgram asks for sessions that need more memory than the program may take, and for
// small ones then.
const memoryProgram = `package main

import (
	"context"
	"encoding/json"
	"errors"
	"image"
	"os"
	"runtime/debug"

	"example.com/user/lenet"
	lenettrain "example.com/user/lenet/train"
	"example.com/user/unet"
	wholetrain "example.com/user/whole/train"
	"github.com/netc-lang/netc/runtime/data"
	"github.com/netc-lang/netc/runtime/kernel"
	"github.com/netc-lang/netc/runtime/train"
)

var errs []string

func check(err error) {
	if err != nil {
		panic(err)
	}
}

func fails(err error) {
	if lack := new(kernel.RoomError); !errors.As(err, &lack) {
		panic(err)
	}
	errs = append(errs, err.Error())
}

func picture(h, w int) image.Image { return image.NewGray(image.Rect(0, 0, w, h)) }

func main() {
	debug.SetMemoryLimit(100 << 20)
	l, err := lenet.New()
	check(err)
	_, err = l.NewSession(60000)
	fails(err)
	s, err := l.NewSession(3)
	check(err)
	check(s.Run())

	u, err := unet.New()
	check(err)
	_, err = u.NewSession(2, 4096, 8192)
	fails(err)
	_, err = u.NewSession(2, 16, 8)
	check(err)
	_, err = u.Predict(context.Background(), picture(4096, 2048))
	fails(err)
	_, err = u.Predict(context.Background(), picture(16, 8))
	check(err)

	_, err = lenettrain.Program().New(2, 60000)
	fails(err)
	m, err := wholetrain.Program().New(2, 4)
	check(err)
	for _, side := range []int{4096, 4096, 8} {
		b := data.NewBatch(1)
		b.AddPicture("image", 1, side, side)
		b.AddMask("truth", side, side)
		for _, training := range []bool{true, false} {
			if err := train.Fit(m, b, training); side > 8 {
				fails(err)
			} else {
				check(err)
			}
		}
	}
	json.NewEncoder(os.Stdout).Encode(errs)
}
`

// TestMemoryThatIsNotThere holds that sessions, predictions and training steps which need
// more memory than there is are refused, and those after them go on.
func TestMemoryThatIsNotThere(t *testing.T) {
	if testing.Short() {
		t.Skip("builds programs")
	}
	w := newWorkspace(t)
	for name, m := range map[string]*ir.Module{"lenet": lenet(), "unet": unet(), "whole": segmenter("whole", 0, 0)} {
		m = plan(t, m)
		files, err := Package(m, Options{Package: name, Name: name, Version: "v0.0.0", Train: name != "unet", Weights: encode(t, m, randomStates(m))})
		if err != nil {
			t.Fatal(err)
		}
		w.add(name, files)
	}
	w.write("cmd/memory/main.go", []byte(memoryProgram))
	got := decode[[]string](t, w.exec(nil, w.build("./cmd/memory")))
	for i, want := range []string{
		"lenet: a batch of 60000 needs ", "unet: a session of N = 2, H = 4096, W = 8192 needs ",
		"unet: a picture of 2048 by 4096 pixels: a session of it needs ", "train LeNet: a batch of 60000 needs ",
		"a batch of these sizes needs ", "a batch of these sizes needs ", "a batch of these sizes needs ", "a batch of these sizes needs ",
	} {
		if i >= len(got) || !strings.HasPrefix(got[i], want) || !strings.Contains(got[i], "expected at most 105 MB, GOMEMLIMIT") {
			t.Fatalf("error %d: got %q, want %q and the limit", i, got, want)
		}
	}
}
