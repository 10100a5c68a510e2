package driver

import (
	"context"
	"flag"
	"fmt"
	"image"
	"os"

	"github.com/netc-lang/netc/runtime/internal/console"
	"github.com/netc-lang/netc/runtime/vision"
)

// Predict is the main of the program that `netc predict` builds: it applies
// predict to the pictures that the arguments name ("-" is standard input) and
// prints the fields of T, one line a picture, or with -json one object a line; with
// -draw DIR it also writes the pictures with what was found in them. A picture that
// cannot be read does not keep the others from being answered. It returns the exit
// code.
func Predict[T any](predict func(context.Context, image.Image) (T, error)) int {
	ctx, stop := untilSignal()
	defer stop()
	return runPredict(ctx, predict, os.Args[1:], console.Standard())
}

func runPredict[T any](ctx context.Context, predict func(context.Context, image.Image) (T, error), args []string, s console.Streams) int {
	f := flag.NewFlagSet("predict", flag.ContinueOnError)
	asJSON := f.Bool("json", false, "print JSON lines")
	dir := f.String("draw", "", "write pictures with boxes, masks and classes into this folder")
	if code, ok := s.Parse(f, args); !ok {
		return code
	}
	if f.NArg() == 0 {
		return s.Usage("name at least one picture, or - for standard input")
	}
	code, album := console.OK, album{dir: *dir}
	for _, path := range f.Args() {
		img, fields, err := one(ctx, predict, path, s)
		if ctx.Err() != nil {
			return console.Interrupted
		}
		if err == nil && *dir != "" {
			err = album.add(path, img, fields)
		}
		if err != nil {
			code = s.Fail(err)
			continue
		}
		if *asJSON {
			fmt.Fprintf(s.Out, "%s\n", fields.json(path))
		} else {
			fmt.Fprintln(s.Out, fields.text(path))
		}
	}
	return code
}

func one[T any](ctx context.Context, predict func(context.Context, image.Image) (T, error), path string, s console.Streams) (image.Image, outputs, error) {
	img, err := open(path, s)
	if err != nil {
		return nil, nil, err
	}
	result, err := predict(ctx, img)
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", path, err)
	}
	fields, err := outputsOf(result)
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", path, err)
	}
	return img, fields, nil
}

func open(path string, s console.Streams) (image.Image, error) {
	if path != "-" {
		return vision.DecodeFile(path)
	}
	img, err := vision.Decode(s.In, vision.Limits{})
	if err != nil {
		return nil, fmt.Errorf("standard input: %w", err)
	}
	return img, nil
}
