package gogen

import (
	"fmt"

	"github.com/netc-lang/netc/ir"
	"github.com/netc-lang/netc/runtime/tensor"
)

// preparation returns the body of prepare: the steps of the data section that
// are on pictures, ending with the tensor that the function reads.
func (a *netAPI) preparation() ([]string, error) {
	l := a.predict
	refuse := func(format string, args ...any) error {
		return fmt.Errorf("%s:%d: error[E0601]: predict %s cannot be compiled yet: %s", a.u.m.Source, a.section.Line, a.section.Net, fmt.Sprintf(format, args...))
	}
	if len(l.fn.Inputs) != 1 {
		return nil, refuse("it reads %d inputs; Predict takes one picture", len(l.fn.Inputs))
	}
	v := l.fn.Inputs[0]
	t := v.Type
	if t.DType != tensor.F32 || len(t.Dims) != 4 || !a.perPicture(t) {
		return nil, refuse("its input %s is %s; Predict takes pictures f32[N, C, H, W] of constant size", v.Name, t)
	}
	channels, height, width := l.fixed(v, 1), l.fixed(v, 2), l.fixed(v, 3)
	if channels != 1 && channels != 3 {
		return nil, refuse("a picture of %d channels", channels)
	}
	lines := []string{
		fmt.Sprintf("if err := s.picture.SetImage(img, %d); err != nil {", channels),
		fmt.Sprintf("return fmt.Errorf(%q, err)", a.u.pkg+": %w"),
		"}",
	}
	var steps []ir.Step
	if a.data != nil {
		steps = append(append(steps, a.data.Eval...), a.data.Prep...)
	}
	for _, s := range steps {
		switch s.Call.Name {
		case "chw":
		case "swap":
			lines = append(lines, "for i := 0; i+2 < len(s.picture.Pix); i += 3 {", "s.picture.Pix[i], s.picture.Pix[i+2] = s.picture.Pix[i+2], s.picture.Pix[i]", "}")
		default:
			return nil, refuse("the step %s on pictures", s.Call.Name)
		}
	}
	return append(lines,
		fmt.Sprintf("if s.picture.W != %d || s.picture.H != %d {", width, height),
		fmt.Sprintf("return fmt.Errorf(%q, s.picture.W, s.picture.H)", fmt.Sprintf("%s: found a picture of %%d by %%d pixels, expected %d by %d", a.u.pkg, width, height)),
		"}",
		fmt.Sprintf("vision.CHW(s.%s[i*%d:][:%d], &s.picture)", l.fields[v], channels*height*width, channels*height*width),
		"return nil",
	), nil
}
