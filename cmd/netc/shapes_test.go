package main

import (
	"fmt"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"strings"
)

// drawShapes writes shapes/: pictures of a bright rectangle on dark grain, with a mask
// and a box of it each, in the layouts of pairs and of Pascal VOC.
func drawShapes(dir string) error {
	root := filepath.Join(dir, "shapes")
	for _, sub := range []string{"JPEGImages", "Annotations", "ImageSets", "masks"} {
		if err := os.MkdirAll(filepath.Join(root, sub), 0o755); err != nil {
			return err
		}
	}
	var names []string
	for k := range 24 {
		name := fmt.Sprintf("s%02d", k)
		names = append(names, name)
		x1, y1 := 2+k*7%13, 2+k*5%13
		box := image.Rect(x1, y1, x1+12+k%3, y1+12+k%4)
		picture, mask := image.NewGray(image.Rect(0, 0, 32, 32)), image.NewGray(image.Rect(0, 0, 32, 32))
		for i := range picture.Pix {
			p := image.Pt(i%32, i/32)
			picture.Pix[i] = uint8((i*7919 + k*104729) % 61)
			if p.In(box) {
				picture.Pix[i] += 150
				mask.SetGray(p.X, p.Y, color.Gray{Y: 255})
			}
		}
		for file, img := range map[string]image.Image{"JPEGImages": picture, "masks": mask} {
			f, err := os.Create(filepath.Join(root, file, name+".png"))
			if err != nil {
				return err
			}
			if err := png.Encode(f, img); err != nil {
				return err
			}
			if err := f.Close(); err != nil {
				return err
			}
		}
		xml := fmt.Sprintf("<annotation><object><name>block</name><bndbox><xmin>%d</xmin><ymin>%d</ymin><xmax>%d</xmax><ymax>%d</ymax></bndbox></object></annotation>",
			box.Min.X+1, box.Min.Y+1, box.Max.X, box.Max.Y)
		if err := os.WriteFile(filepath.Join(root, "Annotations", name+".xml"), []byte(xml), 0o644); err != nil {
			return err
		}
	}
	for split, part := range map[string][]string{"train": names[:20], "val": names[20:]} {
		if err := os.WriteFile(filepath.Join(root, "ImageSets", split+".txt"), []byte(strings.Join(part, "\n")), 0o644); err != nil {
			return err
		}
	}
	return nil
}
