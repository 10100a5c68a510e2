package vision

import (
	"fmt"
	"image"
	"image/color"
)

// FromImage converts any image to 8 bits with the given number of channels: 1 by
// the weights of ITU-R 601, as Pillow's mode "L", or 3. Transparent colours are
// taken as they are stored, without alpha, as Pillow's conversion to "RGB" does.
//
// Errors: an empty picture, or a number of channels other than 1 and 3.
func FromImage(img image.Image, channels int) (*Picture, error) {
	p := &Picture{}
	return p, p.SetImage(img, channels)
}

// SetImage is FromImage into p, whose memory is reused.
func (p *Picture) SetImage(img image.Image, channels int) error {
	b := img.Bounds()
	if b.Empty() {
		return fmt.Errorf("the picture is empty (%d by %d pixels)", b.Dx(), b.Dy())
	}
	if channels != 1 && channels != 3 {
		return fmt.Errorf("a picture has 1 or 3 channels, not %d", channels)
	}
	p.Resize(b.Dx(), b.Dy(), channels)
	if channels == 3 {
		rgbFrom(p, img)
		return nil
	}
	if g, ok := img.(*image.Gray); ok {
		for y := range p.H {
			copy(p.Row(y), g.Pix[g.PixOffset(b.Min.X, b.Min.Y+y):][:p.W])
		}
		return nil
	}
	if g, ok := img.(*image.Gray16); ok {
		for y := range p.H {
			row := g.Pix[g.PixOffset(b.Min.X, b.Min.Y+y):]
			for x := range p.W {
				p.Pix[y*p.W+x] = row[2*x] // the high byte, as Pillow does
			}
		}
		return nil
	}
	var rgb Picture
	rgb.Resize(p.W, p.H, 3)
	rgbFrom(&rgb, img)
	toGray(p.Pix, rgb.Pix)
	return nil
}

// rgbFrom fills the RGB picture p, which has the size of img.
func rgbFrom(p *Picture, img image.Image) {
	b := img.Bounds()
	switch m := img.(type) {
	case *image.NRGBA:
		for y := range p.H {
			row, src := p.Row(y), m.Pix[m.PixOffset(b.Min.X, b.Min.Y+y):]
			for x := range p.W {
				row[3*x], row[3*x+1], row[3*x+2] = src[4*x], src[4*x+1], src[4*x+2]
			}
		}
	case *image.YCbCr:
		rgbFromYCbCr(p, m)
	case *image.Paletted:
		var table [256][3]byte
		for i, c := range m.Palette {
			table[i&255] = straight(c)
		}
		for y := range p.H {
			row, src := p.Row(y), m.Pix[m.PixOffset(b.Min.X, b.Min.Y+y):]
			for x := range p.W {
				c := &table[src[x]]
				row[3*x], row[3*x+1], row[3*x+2] = c[0], c[1], c[2]
			}
		}
	default:
		for y := range p.H {
			row := p.Row(y)
			for x := range p.W {
				c := straight(m.At(b.Min.X+x, b.Min.Y+y))
				row[3*x], row[3*x+1], row[3*x+2] = c[0], c[1], c[2]
			}
		}
	}
}

// straight returns the colour without alpha.
func straight(c color.Color) [3]byte {
	switch c := c.(type) {
	case color.NRGBA:
		return [3]byte{c.R, c.G, c.B}
	case color.NRGBA64:
		return [3]byte{byte(c.R >> 8), byte(c.G >> 8), byte(c.B >> 8)}
	case color.CMYK:
		r, g, b := color.CMYKToRGB(c.C, c.M, c.Y, c.K)
		return [3]byte{r, g, b}
	}
	n := color.NRGBAModel.Convert(c).(color.NRGBA)
	return [3]byte{n.R, n.G, n.B}
}

// ToChannels converts src to the given number of channels: RGB to gray by
//
//	L = (19595 R + 38470 G + 7471 B + 32768) / 65536
//
// which are the weights of ITU-R 601 as Pillow's integer arithmetic has them;
// gray to RGB by repetition. dst may not be src.
//
// Errors: numbers of channels other than 1 and 3.
func ToChannels(dst, src *Picture, channels int) error {
	switch {
	case src.C == channels:
		dst.CopyFrom(src)
	case src.C == 3 && channels == 1:
		dst.Resize(src.W, src.H, 1)
		toGray(dst.Pix, src.Pix)
	case src.C == 1 && channels == 3:
		dst.Resize(src.W, src.H, 3)
		for i, v := range src.Pix {
			dst.Pix[3*i], dst.Pix[3*i+1], dst.Pix[3*i+2] = v, v, v
		}
	default:
		return fmt.Errorf("no way from a picture with %d channels to one with %d", src.C, channels)
	}
	return nil
}

func toGray(dst, rgb []byte) {
	for i := range dst {
		r, g, b := uint32(rgb[3*i]), uint32(rgb[3*i+1]), uint32(rgb[3*i+2])
		dst[i] = byte((19595*r + 38470*g + 7471*b + 1<<15) >> 16)
	}
}

// Image returns p as a standard image that shares nothing with it.
func (p *Picture) Image() image.Image {
	r := image.Rect(0, 0, p.W, p.H)
	if p.C == 1 {
		g := image.NewGray(r)
		copy(g.Pix, p.Pix)
		return g
	}
	n := image.NewNRGBA(r)
	for i := range p.W * p.H {
		n.Pix[4*i+3] = 255
		copy(n.Pix[4*i:4*i+3], p.Pix[i*p.C:])
	}
	return n
}
