package vision

import (
	"bufio"
	"errors"
	"fmt"
	"image"
	"image/color"
	"io"
)

// The binary forms of the netpbm formats, PGM (grey) and PPM (colour), in which older
// collections of faces and digits come.
// Source: netpbm.sourceforge.net/doc/pgm.html and ppm.html.

func init() {
	image.RegisterFormat("pgm", "P5", decodeNetpbm, netpbmConfig)
	image.RegisterFormat("ppm", "P6", decodeNetpbm, netpbmConfig)
}

// netpbm is the header of a file.
type netpbm struct {
	colour        bool
	width, height int
	largest       int // value of a sample, which stands for white
	samples, wide int // of a pixel; bytes of a sample
}

var errNetpbm = errors.New("its header is not that of a PGM or PPM file")

// netpbmHeader reads the header and the one white space behind it.
func netpbmHeader(r *bufio.Reader) (h netpbm, err error) {
	var magic [2]byte
	if _, err := io.ReadFull(r, magic[:]); err != nil {
		return h, err
	}
	h.colour, h.samples, h.wide = magic[1] == '6', 1, 1
	if h.colour {
		h.samples = 3
	}
	for _, n := range []*int{&h.width, &h.height, &h.largest} {
		if *n, err = netpbmNumber(r); err != nil {
			return h, err
		}
	}
	if h.largest < 1 || h.largest > 0xffff {
		return h, fmt.Errorf("its largest value is %d, expected 1 to 65535", h.largest)
	}
	if h.largest > 0xff {
		h.wide = 2
	}
	return h, nil
}

// netpbmNumber reads white space and comments, a number of at most nine digits, and
// the byte behind it, which is white space.
func netpbmNumber(r *bufio.Reader) (int, error) {
	n, digits, comment := 0, 0, false
	for {
		b, err := r.ReadByte()
		if err != nil {
			return 0, err
		}
		space := b == ' ' || b >= '\t' && b <= '\r'
		switch {
		case comment:
			comment = b != '\n' && b != '\r'
		case b == '#' && digits == 0:
			comment = true
		case b >= '0' && b <= '9' && digits < 9:
			n, digits = 10*n+int(b-'0'), digits+1
		case space && digits > 0:
			return n, nil
		case !space:
			return 0, errNetpbm
		}
	}
}

func netpbmConfig(r io.Reader) (image.Config, error) {
	h, err := netpbmHeader(bufio.NewReader(r))
	return image.Config{ColorModel: color.RGBA64Model, Width: h.width, Height: h.height}, err
}

func decodeNetpbm(r io.Reader) (image.Image, error) {
	b := bufio.NewReader(r)
	h, err := netpbmHeader(b)
	if err != nil {
		return nil, err
	}
	// The samples are read before the picture is allocated: a cut file may announce
	// any size.
	size := h.width * h.samples * h.wide
	data, err := io.ReadAll(io.LimitReader(b, int64(size)*int64(h.height)))
	if err != nil {
		return nil, err
	}
	if len(data) < size*h.height {
		return nil, io.ErrUnexpectedEOF
	}
	var row []byte
	rect := image.Rect(0, 0, h.width, h.height)
	// sample is number i of the row, of 255 or, where a sample has two bytes, 65535.
	sample := func(i int) int {
		if h.wide == 1 {
			return min((int(row[i])*0xff+h.largest/2)/h.largest, 0xff)
		}
		return min((int(row[2*i])<<8|int(row[2*i+1]))*0xffff/h.largest, 0xffff)
	}
	var set func(x, y int)
	var img image.Image
	switch {
	case h.wide == 1 && !h.colour:
		m := image.NewGray(rect)
		img, set = m, func(x, y int) { m.SetGray(x, y, color.Gray{uint8(sample(x))}) }
	case h.wide == 1:
		m := image.NewRGBA(rect)
		img, set = m, func(x, y int) {
			m.SetRGBA(x, y, color.RGBA{uint8(sample(3 * x)), uint8(sample(3*x + 1)), uint8(sample(3*x + 2)), 0xff})
		}
	case !h.colour:
		m := image.NewGray16(rect)
		img, set = m, func(x, y int) { m.SetGray16(x, y, color.Gray16{uint16(sample(x))}) }
	default:
		m := image.NewRGBA64(rect)
		img, set = m, func(x, y int) {
			m.SetRGBA64(x, y, color.RGBA64{uint16(sample(3 * x)), uint16(sample(3*x + 1)), uint16(sample(3*x + 2)), 0xffff})
		}
	}
	for y := range h.height {
		row = data[y*size:][:size]
		for x := range h.width {
			set(x, y)
		}
	}
	return img, nil
}
