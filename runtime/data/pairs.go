package data

import (
	"fmt"
	"image"
	"math"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"

	"github.com/netc-lang/netc/runtime/data/augment"
	"github.com/netc-lang/netc/runtime/vision"
)

// openPairs opens pairs(images=, masks=, val=0.0): pictures with masks, matched by the
// order of their names.
func openPairs(spec *Spec, args *augment.Args, root string) (Source, error) {
	p := &pairs{spec: spec, val: args.Float("val", 0)}
	var err error
	if p.picture, err = spec.only(Picture); err != nil {
		return nil, err
	}
	if p.mask, err = spec.only(Mask); err != nil {
		return nil, err
	}
	if p.images, err = match(root, args.Text("images", "")); err != nil {
		return nil, err
	}
	if p.masks, err = match(root, args.Text("masks", "")); err != nil {
		return nil, err
	}
	if len(p.images) != len(p.masks) {
		return nil, fmt.Errorf("%w: there are %d pictures %s and %d masks %s, which are matched by the order of their names",
			ErrData, len(p.images), args.Text("images", ""), len(p.masks), args.Text("masks", ""))
	}
	if p.val < 0 || p.val >= 1 {
		return nil, fmt.Errorf("%w: pairs takes a share val below 1, not %v", ErrData, p.val)
	}
	return p, nil
}

// pairs is a list of pictures with masks of their size.
type pairs struct {
	spec          *Spec
	picture, mask int
	images, masks []string
	val           float64
}

// match returns the files of a pattern, sorted. A pattern that begins in a folder the
// user pointed at directly is found there too.
func match(root, pattern string) ([]string, error) {
	local := filepath.FromSlash(pattern)
	candidates := []string{local}
	if !filepath.IsAbs(local) {
		candidates = []string{filepath.Join(root, local)}
		parts := strings.Split(filepath.ToSlash(pattern), "/")
		for i := 1; i < len(parts); i++ {
			candidates = append(candidates, filepath.Join(root, filepath.FromSlash(strings.Join(parts[i:], "/"))))
		}
	}
	for _, c := range candidates {
		found, err := filepath.Glob(c)
		if err != nil {
			return nil, fmt.Errorf("%w: %q is no pattern of files: %w", ErrData, pattern, err)
		}
		if len(found) > 0 {
			slices.Sort(found)
			return found, nil
		}
	}
	return nil, fmt.Errorf("%w: no file is called %s; put the data there, or say where they are with --data", ErrData, candidates[0])
}

func (p *pairs) Split(s Split) (Dataset, error) {
	return &pairSet{p, apart(len(p.images), p.val, s)}, nil
}

// apart returns the records of a split: a share of val is kept apart by a fixed
// shuffle, the same on every machine and in every run; without a share every split is
// the whole.
func apart(n int, val float64, s Split) []int {
	order := make([]int, n)
	for i := range order {
		order[i] = i
	}
	if val == 0 {
		return order
	}
	r := rand.New(rand.NewPCG(0, uint64(n)))
	r.Shuffle(n, func(i, j int) { order[i], order[j] = order[j], order[i] })
	k := min(max(int(math.Round(val*float64(n))), 1), n-1)
	if s == Train {
		order = order[k:]
	} else {
		order = order[:k]
	}
	slices.Sort(order)
	return order
}

// pairSet is one split.
type pairSet struct {
	p     *pairs
	order []int
}

func (s *pairSet) Len() int { return len(s.order) }

func (s *pairSet) Name(i int) string { return s.p.images[s.order[i]] }

func (s *pairSet) Read(i int, out *Sample) error {
	k := s.order[i]
	p := &out.Pictures[s.p.picture]
	if err := readPicture(p, s.p.images[k], s.p.spec.Fields[s.p.picture]); err != nil {
		return err
	}
	mask, err := vision.DecodeFile(s.p.masks[k])
	if err != nil {
		return err
	}
	m := &out.Pictures[s.p.mask]
	if err := setMask(m, mask, s.p.spec.Fields[s.p.mask]); err != nil {
		return fmt.Errorf("%w: %s: %w", ErrData, s.p.masks[k], err)
	}
	if p.W != m.W || p.H != m.H {
		return fmt.Errorf("%w: %s is %d by %d pixels, and its mask %s %d by %d", ErrData, s.p.images[k], p.W, p.H, s.p.masks[k], m.W, m.H)
	}
	return nil
}

// setMask reads the classes of a mask: the numbers of a palette, or the levels of a
// gray picture. Of two classes 255 is the second, unless it is ignored: drawings in black
// and white.
func setMask(p *vision.Picture, img image.Image, f Field) error {
	b := img.Bounds()
	p.Resize(b.Dx(), b.Dy(), 1)
	for y := range p.H {
		for x := range p.W {
			var v uint8
			switch m := img.(type) {
			case *image.Paletted:
				v = m.ColorIndexAt(b.Min.X+x, b.Min.Y+y)
			case *image.Gray:
				v = m.GrayAt(b.Min.X+x, b.Min.Y+y).Y
			default:
				r, g, blue, _ := img.At(b.Min.X+x, b.Min.Y+y).RGBA()
				if r != g || r != blue {
					return fmt.Errorf("pixel (%d, %d) has a colour, and a mask holds the number of a class: use a palette or levels of gray", x, y)
				}
				v = uint8(r >> 8)
			}
			switch {
			case f.Ignore > 0 && int(v) == f.Ignore:
				p.Pix[y*p.W+x] = v
				continue
			case v == 255 && len(f.Labels) == 2:
				v = 1
			}
			if len(f.Labels) > 0 && int(v) >= len(f.Labels) {
				return fmt.Errorf("pixel (%d, %d) has the class %d, and %s counts %d names; what is no class is left out by ignore=%d, in loss and metrics", x, y, v, f.Set, len(f.Labels), v)
			}
			p.Pix[y*p.W+x] = v
		}
	}
	return nil
}
