package gogen

import (
	"fmt"
	"slices"
	"strings"

	"github.com/netc-lang/netc/ir"
	"github.com/netc-lang/netc/runtime/tensor"
)

// preparation returns the arguments of nrt.NewPreparation for the one input of
// the predict function, and the number of elements of a picture.
func (a *netAPI) preparation() (args string, elems int64, err error) {
	l := a.predict
	refuse := func(format string, args ...any) error {
		return fmt.Errorf("%s:%d: predict %s cannot be compiled yet: %s", a.u.m.Source, a.section.Line, a.section.Net, fmt.Sprintf(format, args...))
	}
	if len(l.fn.Inputs) != 1 {
		return "", 0, refuse("it reads %d inputs, and Predict takes one picture", len(l.fn.Inputs))
	}
	v := l.fn.Inputs[0]
	t := v.Type
	if t.DType != tensor.F32 || len(t.Dims) != 4 || !a.perPicture(t) {
		return "", 0, refuse("its input %s is %s, and Predict takes pictures f32[N, C, H, W]", v.Name, t)
	}
	c, ok := t.Dims[1].Size.IsConst()
	if !ok {
		return "", 0, refuse("its input %s is %s, and the channels of pictures are a number", v.Name, t)
	}
	var h, w int64 // 0 where they may be any
	if l.late == nil {
		h, w = l.fixed(v, 2), l.fixed(v, 3)
	} else if err := a.pictureSizes(v); err != nil {
		return "", 0, refuse("%v", err)
	}
	channels, set, steps, err := a.pictureSteps(v, c)
	if err != nil {
		return "", 0, refuse("%v", err)
	}
	if channels != 1 && channels != 3 {
		return "", 0, refuse("its pictures have %d channels, expected 1 or 3", channels)
	}
	args = fmt.Sprintf("nrt.Picture{Channels: %d, Set: %q, C: %d, H: %d, W: %d}", channels, set, c, h, w)
	return strings.Join(append([]string{args}, steps...), ", "), c * h * w, nil
}

// pictureSteps returns what a sample of the data section holds for input v, and
// the steps on it outside training, as Go literals without the final chw. Without
// a data section, pictures are what the input says.
func (a *netAPI) pictureSteps(v *ir.Value, c int64) (channels int64, set string, steps []string, err error) {
	channels, set = c, v.Type.Dims[1].Set
	if a.data == nil {
		return channels, set, nil, nil
	}
	var field *ir.Field
	for i, f := range a.data.Fields {
		if f.Type.DType == tensor.U8 && len(f.Type.Dims) == 3 && (field == nil || f.Name == v.Name) {
			field = &a.data.Fields[i]
		}
	}
	if field == nil {
		return 0, "", nil, fmt.Errorf("data %s has no picture", a.data.Name)
	}
	axis := field.Type.Dims[2]
	channels, _ = axis.Size.IsConst()
	set = axis.Set
	for _, s := range slices.Concat(a.data.Eval, a.data.Prep) {
		if s.Call.Name == "chw" || !slices.Contains(s.Fields, field.Name) {
			continue
		}
		args, err := argsLiteral(s.Call.Args)
		if err != nil {
			return 0, "", nil, fmt.Errorf("the step %s: %w", s.Call.Name, err)
		}
		steps = append(steps, fmt.Sprintf("nrt.Step{Name: %q, Args: %s}", s.Call.Name, args))
	}
	return channels, set, steps, nil
}
