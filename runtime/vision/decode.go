package vision

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	_ "image/gif"
	_ "image/jpeg"
	_ "image/png"
	"io"
	"os"
	"strings"

	_ "golang.org/x/image/bmp"
	_ "golang.org/x/image/tiff"
	_ "golang.org/x/image/webp"
)

// ErrPicture is wrapped by the errors that say a file is no picture, a damaged
// one, or one beyond the limits.
var ErrPicture = errors.New("cannot read the picture")

// Limits bound what a file may announce. The zero value stands for
// DefaultLimits.
type Limits struct {
	Bytes  int64 // of the file
	Pixels int64 // width times height
	Side   int   // width and height
}

// DefaultLimits admit pictures of 100 megapixels.
var DefaultLimits = Limits{Bytes: 256 << 20, Pixels: 100 << 20, Side: 1 << 16}

// Decode reads one PNG, JPEG, GIF (first frame), WebP, BMP, TIFF, PGM or PPM picture. The
// size that the file announces is checked before anything is allocated for it.
//
// Errors: ErrPicture with the reason; errors of r.
func Decode(r io.Reader, l Limits) (image.Image, error) {
	if l == (Limits{}) {
		l = DefaultLimits
	}
	data, err := io.ReadAll(io.LimitReader(r, l.Bytes+1))
	if err != nil {
		return nil, err
	}
	if int64(len(data)) > l.Bytes {
		return nil, fmt.Errorf("%w: it is larger than %d bytes", ErrPicture, l.Bytes)
	}
	return decode(data, l)
}

// DecodeFile is Decode for the file at path; its errors name the path.
func DecodeFile(path string) (image.Image, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	img, err := Decode(f, Limits{})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return img, nil
}

func decode(data []byte, l Limits) (img image.Image, err error) {
	// The decoders of x/image have paniced on damaged files before; a picture is
	// never a reason to end the program.
	defer func() {
		if r := recover(); r != nil {
			img, err = nil, fmt.Errorf("%w: it is damaged (%v)", ErrPicture, r)
		}
	}()
	config, format, err := image.DecodeConfig(bytes.NewReader(data))
	if errors.Is(err, image.ErrFormat) {
		return nil, fmt.Errorf("%w: %s", ErrPicture, unknown(data))
	}
	if err != nil {
		return nil, damaged(err)
	}
	w, h := config.Width, config.Height
	if w <= 0 || h <= 0 {
		return nil, fmt.Errorf("%w: it announces %d by %d pixels", ErrPicture, w, h)
	}
	if w > l.Side || h > l.Side || int64(w)*int64(h) > l.Pixels {
		return nil, fmt.Errorf("%w: it announces %d by %d pixels, beyond the limit of %d", ErrPicture, w, h, l.Pixels)
	}
	img, _, err = image.Decode(bytes.NewReader(data))
	if err != nil {
		return nil, damaged(err)
	}
	if b := img.Bounds(); b.Empty() {
		return nil, fmt.Errorf("%w: it holds no pixels", ErrPicture)
	}
	if format == "jpeg" {
		return upright(img, exifOrientation(data))
	}
	return img, nil
}

// upright turns a photo as its camera was held.
func upright(img image.Image, orientation int) (image.Image, error) {
	if orientation == 1 {
		return img, nil
	}
	channels := 3
	if _, gray := img.(*image.Gray); gray {
		channels = 1
	}
	p, err := FromImage(img, channels)
	if err != nil {
		return nil, err
	}
	return orient(p, orientation).Image(), nil
}

func unknown(data []byte) string {
	switch {
	case len(data) == 0:
		return "the file is empty"
	case len(data) < 8:
		return fmt.Sprintf("the file has only %d bytes", len(data))
	}
	return "it is no PNG, JPEG, GIF, WebP, BMP, TIFF, PGM or PPM file"
}

// damaged words a decoder's complaint, which often says only "unexpected EOF".
func damaged(err error) error {
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		return fmt.Errorf("%w: the file is cut off", ErrPicture)
	}
	return fmt.Errorf("%w: it is damaged (%s)", ErrPicture, strings.TrimSuffix(err.Error(), "."))
}
