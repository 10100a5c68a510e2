package vision

import (
	"encoding/binary"
)

// exifOrientation returns the orientation tag of a JPEG file, 1 (upright) when
// there is none or the file is odd: 1 to 8, see [orient].
//
// Source: CIPA DC-008 (EXIF 2.32) 4.6.4 tag 0x0112; TIFF 6.0 section 2.
func exifOrientation(data []byte) int {
	for at := 2; at+4 <= len(data) && data[at] == 0xff; {
		marker, size := data[at+1], int(binary.BigEndian.Uint16(data[at+2:]))
		if marker == 0xda || size < 2 || at+2+size > len(data) { // start of scan
			return 1
		}
		body := data[at+4 : at+2+size]
		if marker == 0xe1 && len(body) > 14 && string(body[:6]) == "Exif\x00\x00" {
			return tiffOrientation(body[6:])
		}
		at += 2 + size
	}
	return 1
}

func tiffOrientation(tiff []byte) int {
	var order binary.ByteOrder = binary.LittleEndian
	switch string(tiff[:4]) {
	case "II*\x00":
	case "MM\x00*":
		order = binary.BigEndian
	default:
		return 1
	}
	at := uint64(order.Uint32(tiff[4:]))
	if at+2 > uint64(len(tiff)) {
		return 1
	}
	entries := uint64(order.Uint16(tiff[at:]))
	for i := range entries {
		e := at + 2 + 12*i
		if e+12 > uint64(len(tiff)) {
			return 1
		}
		if order.Uint16(tiff[e:]) == 0x0112 {
			if v := order.Uint16(tiff[e+8:]); v >= 1 && v <= 8 {
				return int(v)
			}
			return 1
		}
	}
	return 1
}

// orient turns a picture upright. The orientations, by what the first row and the
// first column of the stored picture are in the upright one:
//
//	1 top left      2 top right     3 bottom right  4 bottom left
//	5 left top      6 right top     7 right bottom  8 left bottom
func orient(p *Picture, orientation int) *Picture {
	if orientation <= 1 || orientation > 8 {
		return p
	}
	w, h := p.W, p.H
	if orientation >= 5 {
		w, h = h, w
	}
	dst := New(w, h, p.C)
	for y := range h {
		for x := range w {
			var sx, sy int
			switch orientation {
			case 2:
				sx, sy = w-1-x, y
			case 3:
				sx, sy = w-1-x, h-1-y
			case 4:
				sx, sy = x, h-1-y
			case 5:
				sx, sy = y, x
			case 6:
				sx, sy = y, w-1-x
			case 7:
				sx, sy = h-1-y, w-1-x
			case 8:
				sx, sy = h-1-y, x
			}
			copy(dst.Pix[(y*w+x)*p.C:][:p.C], p.Pix[(sy*p.W+sx)*p.C:])
		}
	}
	return dst
}
