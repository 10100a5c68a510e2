package op

import (
	"fmt"
	"slices"

	"github.com/netc-lang/netc/ir/sym"
)

func init() {
	Define(&Def{
		Name: "gather", Group: "shape", Args: []Arg{{Name: "x"}, {Name: "index"}}, Results: 1, Gradient: Smooth, ONNX: "Gather",
		Attrs: []AttrSpec{{Name: "axis", Kind: KindInt, Default: int64(0), Doc: "axis of x that is looked up"}},
		Infer: inferGather,
		Law:   "y[a, i, b] = x[a, index[i], b]",
		Doc:   "Looks up rows: the axes of index replace axis. An index outside is clamped to the nearest end.",
	})
	Define(&Def{
		Name: "scatter_add", Group: "shape", Args: []Arg{{Name: "index"}, {Name: "dy"}}, Results: 1, Gradient: NoGradient,
		Attrs: []AttrSpec{
			{Name: "axis", Kind: KindInt, Default: int64(0), Doc: "axis of the result that index counts"},
			{Name: "size", Kind: KindInt, Doc: "size of that axis"},
		},
		Infer: inferScatterAdd, Cost: func(in, out []Type, _ Attrs) Cost {
			return Cost{FLOPs: in[1].Elems(), Bytes: traffic(in, out)}
		},
		Law: "dx[a, j, b] = sum of dy[a, i, b] over i with index[i] = j",
		Doc: "The gradient of gather; sums in index order, so bits repeat.",
	})
}

func inferGather(in []Type, a Attrs) ([]Type, error) {
	axis, err := axisOf("gather", in[0], a.Int("axis"))
	if err != nil {
		return nil, err
	}
	if !in[1].DType.Int() {
		return nil, fmt.Errorf("gather wants integers to look up, not %v", in[1])
	}
	out := Type{DType: in[0].DType}
	out.Dims = slices.Concat(in[0].Dims[:axis], in[1].Dims, in[0].Dims[axis+1:])
	return []Type{out}, nil
}

func inferScatterAdd(in []Type, a Attrs) ([]Type, error) {
	axis, n := a.Int("axis"), in[0].Rank()
	if !in[0].DType.Int() || axis < 0 || axis > int64(in[1].Rank()-n) || a.Int("size") < 0 {
		return nil, fmt.Errorf("scatter_add: %v does not index axis %d of %v", in[0], axis, in[1])
	}
	for i, d := range in[0].Dims {
		if !sameSize(d, in[1].Dims[int(axis)+i]) {
			return nil, fmt.Errorf("scatter_add: %v and %v do not fit", in[0], in[1])
		}
	}
	out := Type{DType: in[1].DType}
	mid := []Dim{{Size: sym.Const(a.Int("size"))}}
	out.Dims = slices.Concat(in[1].Dims[:axis], mid, in[1].Dims[int(axis)+n:])
	return []Type{out}, nil
}
