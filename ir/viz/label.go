package viz

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/netc-lang/netc/ir"
	"github.com/netc-lang/netc/ir/op"
	"github.com/netc-lang/netc/ir/sym"
)

// title says what an instruction does: conv 3×3 /2, dense, add.
func title(in *ir.Instr) string {
	word := in.Layer
	if word == "" {
		word = in.Op.Name
	}
	switch in.Op.Name {
	case "conv", "conv_dx":
		return convTitle(word, in)
	case "maxpool", "avgpool":
		return word + " " + window(in.Attrs.Ints("kernel"), in.Attrs.Ints("stride"))
	case "resize":
		if in.Layer == "" {
			return "upsample"
		}
	case "matmul":
		if word == "matmul" {
			return "matmul"
		}
	}
	return strings.ReplaceAll(word, "_", " ")
}

func convTitle(word string, in *ir.Instr) string {
	if len(in.Args) < 2 || in.Args[1] == nil || in.Args[1].Type.Rank() != 4 {
		return word
	}
	w := in.Args[1].Type.Dims
	var kernel []int64
	for _, d := range w[2:] {
		n, _ := d.Size.IsConst()
		kernel = append(kernel, n)
	}
	groups := in.Attrs.Int("groups")
	text := word + " " + window(kernel, in.Attrs.Ints("stride"))
	if in.Op.Name == "conv_dx" {
		text = strings.Replace(text, " /", " ×", 1)
	}
	if per, ok := w[1].Size.IsConst(); ok && groups > 1 {
		if per == 1 && in.Op.Name == "conv" {
			text = "depthwise" + strings.TrimPrefix(text, word)
		} else {
			text += fmt.Sprintf(", %d groups", groups)
		}
	}
	if d := in.Attrs.Ints("dilation"); len(d) == 2 && (d[0] > 1 || d[1] > 1) {
		text += ", dilated " + pair(d)
	}
	return text
}

// window writes the size of a window and, where it is not 1, its step.
func window(kernel, stride []int64) string {
	if len(kernel) != 2 {
		return ""
	}
	text := fmt.Sprintf("%d×%d", kernel[0], kernel[1])
	if len(stride) == 2 && (stride[0] > 1 || stride[1] > 1) {
		text += " /" + pair(stride)
	}
	return text
}

func pair(v []int64) string {
	if v[0] == v[1] {
		return strconv.FormatInt(v[0], 10)
	}
	return fmt.Sprintf("%d×%d", v[0], v[1])
}

// kindOf sorts an instruction by the layer it belongs to.
func kindOf(in *ir.Instr) Kind {
	switch in.Layer {
	case "attention":
		return Attention
	case "bn", "groupnorm", "layernorm", "layernorm2d", "instancenorm", "l2norm":
		return Norm
	case "upsample", "pixel_shuffle":
		return Resample
	case "global_avgpool", "adaptive_avgpool":
		return Pool
	case "flatten", "unsqueeze":
		return Shape
	case "celu", "elu", "selu", "gelu", "hardsigmoid", "hardswish", "leaky_relu", "mish", "prelu", "relu", "relu6",
		"sigmoid", "silu", "softplus", "tanh", "softmax", "log_softmax", "dropout", "droppath", "identity":
		return Activation
	case "add_positions":
		return Join
	}
	switch in.Op.Name {
	case "conv":
		return Conv
	case "conv_dx", "resize":
		return Resample
	case "matmul":
		return Linear
	case "add", "sub", "mul", "concat":
		return Join
	}
	switch in.Op.Group {
	case "pool":
		return Pool
	case "shape", "gather":
		return Shape
	case "normalise":
		return Norm
	case "activation":
		return Activation
	}
	return Other
}

// showShape prints the axes of a type without the batch: 64×56×56.
func (b *builder) showShape(t op.Type) string {
	dims := t.Dims
	if len(dims) > 1 && dims[0].Size.String() == "N" {
		dims = dims[1:]
	}
	if len(dims) == 0 {
		return t.DType.String()
	}
	parts := make([]string, len(dims))
	for i, d := range dims {
		parts[i] = b.showSize(d.Size)
		if d.Set != "" {
			parts[i] = d.Set
			if len(dims) == 1 {
				parts[i] = fmt.Sprintf("%s (%s)", d.Set, b.showSize(d.Size))
			}
		}
	}
	return strings.Join(parts, "×")
}

var wholeSize = regexp.MustCompile(`^[A-Za-z0-9_]+(/\d+)?$`)

func (b *builder) showSize(e sym.Expr) string {
	if len(b.o.Sizes) > 0 {
		by := map[string]sym.Expr{}
		for name, v := range b.o.Sizes {
			if name != "N" {
				by[name] = sym.Const(v)
			}
		}
		e = e.Subst(by)
	}
	text := b.f.Facts.Show(e)
	if wholeSize.MatchString(text) {
		return text
	}
	return "(" + text + ")"
}
