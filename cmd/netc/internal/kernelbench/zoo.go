package kernelbench

import (
	"fmt"

	"github.com/netc-lang/netc"
	"github.com/netc-lang/netc/ir"
	"github.com/netc-lang/netc/lang/irgen"
	"github.com/netc-lang/netc/runtime/kernel"
)

// zoo are the published networks whose layers are measured, by module of the
// standard library.
var zoo = []struct{ module, net string }{
	{"resnet", "ResNet18"}, {"resnet", "ResNet50"}, {"vgg", "VGG16"}, {"mobilenet", "MobileNetV2"},
	{"efficientnet", "EfficientNetB0"}, {"unet", "UNetSmall"}, {"lenet", "LeNet5"},
}

// zooShapes returns the distinct convolutions of the networks, in the order in
// which they first occur.
func zooShapes() ([]kernel.ConvShape, error) {
	var shapes []kernel.ConvShape
	seen := map[kernel.ConvShape]bool{}
	for _, z := range zoo {
		s, err := netc.Open(z.module, nil)
		if err != nil {
			return nil, err
		}
		program, list := s.Check()
		if program == nil {
			return nil, fmt.Errorf("%s: %s", z.module, list[0].Message)
		}
		for _, f := range irgen.Module(program).Funcs {
			if f.Kind != ir.Infer || f.Net != z.net {
				continue
			}
			for _, in := range f.Instrs {
				if s, ok := convShape(in); ok && !seen[s] {
					seen[s] = true
					shapes = append(shapes, s)
				}
			}
		}
	}
	return shapes, nil
}

// convShape reads the shape of a convolution; false for every other instruction.
func convShape(in *ir.Instr) (s kernel.ConvShape, ok bool) {
	if in.Op.Name != "conv" {
		return s, false
	}
	x, xok := sizes(in.Args[0])
	w, wok := sizes(in.Args[1])
	if !xok || !wok {
		return s, false
	}
	stride, pad, dilation := in.Attrs.Ints("stride"), in.Attrs.Ints("pad"), in.Attrs.Ints("dilation")
	return kernel.ConvShape{
		C: x[1], H: x[2], W: x[3], O: w[0], R: w[2], S: w[3],
		StrideH: int(stride[0]), StrideW: int(stride[1]), DilH: int(dilation[0]), DilW: int(dilation[1]),
		PadTop: int(pad[0]), PadLeft: int(pad[1]), PadBottom: int(pad[2]), PadRight: int(pad[3]),
		Groups: int(in.Attrs.Int("groups")),
	}, true
}

// sizes returns the axes of v, 0 for the batch; false when another one is known
// only at run time.
func sizes(v *ir.Value) ([4]int, bool) {
	var out [4]int
	if len(v.Type.Dims) != 4 {
		return out, false
	}
	for i, d := range v.Type.Dims {
		n, ok := d.Size.IsConst()
		if !ok && i > 0 {
			return out, false
		}
		out[i] = int(n)
	}
	return out, true
}
