package check

import (
	"fmt"
	"math"
	"math/big"

	"github.com/netc-lang/netc/internal/diag"
	"github.com/netc-lang/netc/ir/op"
	"github.com/netc-lang/netc/ir/sym"
	"github.com/netc-lang/netc/lang/syntax"
	"github.com/netc-lang/netc/runtime/tensor"
)

// builtin is a function that a block cannot express: it computes with sizes,
// lists or layers. Everything else is declared in the prelude.
type builtin struct {
	usage    string // as documentation writes it
	doc      string
	internal bool // for the prelude only
	tensors  bool // a call without tensors is a layer
	layer    bool // a call makes a layer: what is piped goes into that
	min, max int  // values by position
	named    []string
	call     func(f *frame, c *builtinCall) value
}

// builtinCall is one call: what was piped, then the values by position.
type builtinCall struct {
	name  string
	span  diag.Span
	args  []argument
	named map[string]argument
	f     *frame
}

var builtins map[string]*builtin

func init() {
	builtins = map[string]*builtin{
		"ceil":       {usage: "ceil(x)", doc: "The smallest whole size that is not below x.", min: 1, max: 1, call: callCeil},
		"floor":      {usage: "floor(x)", doc: "The largest whole size that is not above x.", min: 1, max: 1, call: callFloor},
		"divisible":  {usage: "divisible(v, d)", doc: "v rounded to a multiple of d as MobileNet does: at least d, and never below 0.9*v.", min: 2, max: 2, call: callDivisible},
		"len":        {usage: "len(list)", doc: "The number of elements of a list.", min: 1, max: 1, call: callLen},
		"shape":      {usage: "shape(x)", doc: "The sizes of a tensor as a list.", min: 1, max: 1, call: callShape},
		"rows":       {usage: "rows(x)", doc: "The size of the first axis.", min: 1, max: 1, call: callRows},
		"repeat":     {usage: "repeat(n, layer)", doc: "A chain of n copies of a layer, each with weights of its own.", min: 2, max: 2, layer: true, call: callRepeat},
		"cast":       {usage: "x |> cast(f32)", doc: "x in another element type.", min: 1, max: 2, tensors: true, call: callCast},
		"broadcast":  {usage: "x |> broadcast(sizes...)", doc: "x stretched to the given sizes.", min: 1, max: 16, tensors: true, call: callBroadcast},
		"unsqueeze":  {usage: "x |> unsqueeze(axes...)", doc: "x with axes of size 1 put in at the given positions of the result.", min: 1, max: 16, tensors: true, call: callUnsqueeze},
		"split":      {usage: "x |> split(n, axis=1)", doc: "x cut into n equal parts along an axis.", min: 1, max: 2, named: []string{"axis"}, tensors: true, call: callSplit},
		"rearrange":  {usage: "x |> rearrange(\"n (h w) c -> n c h w\", h=8)", doc: "x with its axes split, permuted and merged, as in einops.", min: 1, max: 2, named: []string{"*"}, tensors: true, call: callRearrange},
		"anchors":    {usage: "anchors(image=, strides=, sizes=, ratios=)", doc: "Prior boxes of a detector.", max: 16, named: []string{"*"}, call: callLater("`anchors`")},
		"class_axis": {usage: "class_axis(x)", internal: true, min: 1, max: 2, call: callClassAxis},
		"axes":       {usage: "axes(x)", internal: true, min: 1, max: 1, call: callAxes},
		"rank":       {usage: "rank(x)", internal: true, min: 1, max: 1, call: callRank},
		"pair":       {usage: "pair(k)", internal: true, min: 1, max: 1, call: callPair},
		"padding":    {usage: "padding(pad, kernel, stride, dilation, sizes)", internal: true, min: 5, max: 5, call: callPadding},
		"vector":     {usage: "vector(list)", internal: true, min: 1, max: 1, call: callVector},
		"is_default": {usage: "is_default(init)", internal: true, min: 1, max: 1, call: callIsDefault},
		"axis_of":    {usage: "axis_of(x, axis)", internal: true, min: 2, max: 2, call: callAxisOf},
		"axes_of":    {usage: "axes_of(x, axis)", internal: true, min: 2, max: 2, call: callAxesOf},
		"along":      {usage: "along(n, axis, rank)", internal: true, min: 3, max: 3, call: callAlong},
		"with_one":   {usage: "with_one(x, axis)", internal: true, min: 2, max: 2, call: callWithOne},
		"sqrt":       {usage: "sqrt(x)", doc: "The square root of a number, to the precision of float64.", min: 1, max: 1, call: callSqrt},
	}
}

// builtinConsts are lists that nets are trained with.
var builtinConsts = map[string]value{
	"imagenet_mean": decimals("0.485", "0.456", "0.406"),
	"imagenet_std":  decimals("0.229", "0.224", "0.225"),
}

func decimals(texts ...string) list {
	var out list
	for _, t := range texts {
		r, _ := new(big.Rat).SetString(t)
		out = append(out, number{r})
	}
	return out
}

// callBuiltin checks the number and the names of the arguments and calls.
func (f *frame) callBuiltin(c *callable, x *syntax.Call, piped []argument) value {
	b := &builtinCall{name: c.name, span: x.Where, args: piped[:len(piped):len(piped)], named: map[string]argument{}, f: f}
	ok := true
	for _, a := range x.Args {
		v := argument{v: f.eval(a.Value), span: a.Value.Span(), name: nameOf(a.Value), x: a.Value}
		ok = ok && !isPoison(v.v)
		if a.Name == nil {
			b.args = append(b.args, v)
			continue
		}
		if !allowed(c.builtin.named, a.Name.Name) {
			f.fail(a.Name.Where, "E0302", fmt.Sprintf("`%s` has no option `%s`", c.name, a.Name.Name), "", "it is written `"+c.builtin.usage+"`")
			ok = false
		}
		b.named[a.Name.Name] = v
	}
	if !ok {
		return poison{}
	}
	if c.builtin.tensors && (len(b.args) == 0 || !isTensor(b.args[0].v)) {
		return &callable{name: c.name, builtin: c.builtin, bound: bindAll(b), span: x.Where}
	}
	return f.callWith(c.builtin, b)
}

func allowed(names []string, name string) bool {
	for _, n := range names {
		if n == name || n == "*" {
			return true
		}
	}
	return false
}

// bindAll keeps the arguments of a call that still lacks its tensors.
func bindAll(b *builtinCall) []boundArg {
	out := []boundArg{}
	for _, a := range b.args {
		out = append(out, boundArg{"", a})
	}
	keys := map[string]bool{}
	for n := range b.named {
		keys[n] = true
	}
	for _, n := range sorted(keys) {
		out = append(out, boundArg{n, b.named[n]})
	}
	return out
}

// runLayerBuiltin applies a builtin to tensors that came through a pipe.
func (f *frame) runLayerBuiltin(c *callable, tensors []argument, span diag.Span) value {
	b := &builtinCall{name: c.name, span: span, args: tensors[:len(tensors):len(tensors)], named: map[string]argument{}, f: f}
	for _, a := range c.bound {
		if a.name == "" {
			b.args = append(b.args, a.argument)
		} else {
			b.named[a.name] = a.argument
		}
	}
	return f.callWith(c.builtin, b)
}

func (f *frame) callWith(b *builtin, c *builtinCall) value {
	if len(c.args) < b.min || len(c.args) > b.max {
		return f.fail(c.span, "E0303", fmt.Sprintf("`%s` takes %s, and this gives %d", c.name, pluralOf(b.min, "value", "values"), len(c.args)), "", "it is written `"+b.usage+"`")
	}
	for _, a := range c.args {
		if isPoison(a.v) {
			return poison{}
		}
	}
	return b.call(f, c)
}

func (c *builtinCall) fail(i int, want string) value {
	return c.f.fail(c.args[i].span, "E0305", fmt.Sprintf("`%s` wants %s, and this is %s", c.name, want, kindOf(c.args[i].v)), "", "")
}

func (c *builtinCall) tensor(i int) (*tensorValue, bool) {
	t, ok := c.args[i].v.(*tensorValue)
	if !ok || t.t == nil {
		c.fail(i, "a tensor")
		return nil, false
	}
	return t, true
}

func (c *builtinCall) int(a argument) (int64, bool) {
	if n, ok := numberOf(a.v); ok {
		if i, ok := n.int(); ok {
			return i, true
		}
	}
	if !isPoison(a.v) {
		c.f.fail(a.span, "E0305", fmt.Sprintf("`%s` wants a whole number, and this is %s", c.name, kindOf(a.v)), "", "")
	}
	return 0, false
}

func callLater(what string) func(*frame, *builtinCall) value {
	return func(f *frame, c *builtinCall) value { return f.unsupported(c.span, what) }
}

func callCeil(_ *frame, c *builtinCall) value {
	switch v := c.args[0].v.(type) {
	case number:
		return number{new(big.Rat).SetInt(v.ceil())}
	case size:
		return size{e: v.e.CeilDiv(v.den), den: 1}.plain()
	}
	return c.fail(0, "a number")
}

func callFloor(f *frame, c *builtinCall) value {
	switch v := c.args[0].v.(type) {
	case number:
		return number{new(big.Rat).SetInt(v.floor())}
	case size:
		return size{e: v.e.FloorDiv(v.den), den: 1}.plain()
	case *tensorValue:
		return f.emitValue("floor", nil, c.span, v)
	}
	return c.fail(0, "a number")
}

// callDivisible is _make_divisible of the MobileNet sources.
func callDivisible(_ *frame, c *builtinCall) value {
	v, ok := numberOf(c.args[0].v)
	if !ok {
		return c.fail(0, "a number")
	}
	d, ok := c.int(c.args[1])
	if !ok || d < 1 {
		return c.fail(1, "a whole number of at least 1")
	}
	half := new(big.Rat).Add(v.r, big.NewRat(d, 2))
	steps := number{new(big.Rat).Quo(half, big.NewRat(d, 1))}.floor()
	out := new(big.Rat).Mul(new(big.Rat).SetInt(steps), big.NewRat(d, 1))
	if least := big.NewRat(d, 1); out.Cmp(least) < 0 {
		out = least
	}
	if out.Cmp(new(big.Rat).Mul(v.r, big.NewRat(9, 10))) < 0 {
		out.Add(out, big.NewRat(d, 1))
	}
	return number{out}
}

func callSqrt(f *frame, c *builtinCall) value {
	if t, ok := c.args[0].v.(*tensorValue); ok {
		return f.emitValue("sqrt", nil, c.span, t)
	}
	v, ok := numberOf(c.args[0].v)
	if !ok || v.r.Sign() < 0 {
		return c.fail(0, "a number that is not negative")
	}
	r := new(big.Rat).SetFloat64(math.Sqrt(v.float()))
	if r == nil {
		return c.fail(0, "a number that float64 holds")
	}
	return number{r}
}

func callLen(_ *frame, c *builtinCall) value {
	es := elements(c.args[0].v)
	if es == nil {
		return c.fail(0, "a list")
	}
	return whole(int64(len(es)))
}

func callShape(f *frame, c *builtinCall) value {
	t, ok := c.tensor(0)
	if !ok {
		return poison{}
	}
	out := list{}
	for _, d := range t.t.Type.Dims {
		out = append(out, f.c.sizeValue(d))
	}
	return out
}

func callRows(f *frame, c *builtinCall) value {
	t, ok := c.tensor(0)
	if !ok {
		return poison{}
	}
	if t.t.Type.Rank() == 0 {
		return c.fail(0, "a tensor with axes")
	}
	return f.c.sizeValue(t.t.Type.Dims[0])
}

func callRepeat(f *frame, c *builtinCall) value {
	n, ok := c.int(c.args[0])
	if !ok {
		return poison{}
	}
	l, ok := c.args[1].v.(*callable)
	if !ok {
		return c.fail(1, "a layer")
	}
	if n < 1 || n > maxList {
		return f.fail(c.args[0].span, "E0305", fmt.Sprintf("`repeat` takes 1 to %s copies, and this is %d", grouped(maxList), n), "", "")
	}
	return &callable{name: "repeat", repeat: &repetition{int(n), l}, span: c.span}
}

func callCast(f *frame, c *builtinCall) value {
	t, ok := c.tensor(0)
	if !ok || len(c.args) < 2 {
		return poison{}
	}
	d, ok := c.args[1].v.(dtypeRef)
	if !ok {
		return c.fail(1, "an element type such as f32")
	}
	return f.emitValue("cast", op.Attrs{"to": string(d)}, c.span, t)
}

func callBroadcast(f *frame, c *builtinCall) value {
	t, ok := c.tensor(0)
	if !ok {
		return poison{}
	}
	dims := []op.Dim{}
	for _, a := range c.args[1:] {
		vs := elements(a.v)
		if vs == nil {
			vs = []value{a.v}
		}
		for _, v := range vs {
			if p, ok := v.(pack); ok {
				dims = append(dims, p...)
				continue
			}
			s, ok := f.wholeSize(v, a.span)
			if !ok {
				return poison{}
			}
			dims = append(dims, dimOf(s))
		}
	}
	return f.emitValue("broadcast", op.Attrs{"shape": dims}, c.span, t)
}

func callUnsqueeze(f *frame, c *builtinCall) value {
	t, ok := c.tensor(0)
	if !ok {
		return poison{}
	}
	rank := t.t.Type.Rank() + len(c.args) - 1
	put := map[int]bool{}
	for _, a := range c.args[1:] {
		i, ok := c.int(a)
		if !ok {
			return poison{}
		}
		if i < 0 || i >= int64(rank) || put[int(i)] {
			return f.fail(a.span, "E0218", fmt.Sprintf("the result has %d axes, and no free one at %d", rank, i), "", "")
		}
		put[int(i)] = true
	}
	dims := make([]op.Dim, 0, rank)
	next := 0
	for i := range rank {
		if put[i] {
			dims = append(dims, op.Dim{Size: sym.Const(1)})
			continue
		}
		dims = append(dims, t.t.Type.Dims[next])
		next++
	}
	return f.emitValue("reshape", op.Attrs{"shape": dims}, c.span, t)
}

func callSplit(f *frame, c *builtinCall) value {
	t, ok := c.tensor(0)
	if !ok || len(c.args) < 2 {
		return poison{}
	}
	n, ok := c.int(c.args[1])
	if !ok {
		return poison{}
	}
	axis := int64(1)
	if a, given := c.named["axis"]; given {
		if axis, ok = c.int(a); !ok {
			return poison{}
		}
	}
	rank := int64(t.t.Type.Rank())
	if axis < 0 {
		axis += rank
	}
	if axis < 0 || axis >= rank {
		return f.fail(c.span, "E0218", fmt.Sprintf("%s has no axis %d", show(t.t.Type), axis), "", "")
	}
	total, known := t.t.Type.Dims[axis].Size.IsConst()
	if !known {
		return f.fail(c.span, "E0209", fmt.Sprintf("`split` needs a size at compile time, and %s is known only at run time", t.t.Type.Dims[axis].Size), "", "")
	}
	if n < 1 || n > maxList || total%n != 0 {
		return f.fail(c.args[1].span, "E0203", fmt.Sprintf("an axis of %d cannot be cut into %d equal parts", total, n), "", "")
	}
	out := make(tuple, n)
	for i := range out {
		step := total / n
		out[i] = f.emitValue("slice", op.Attrs{"axis": axis, "start": int64(i) * step, "stop": int64(i+1) * step}, c.span, t)
	}
	return out
}

// callClassAxis finds the axis that counts classes: the one with names, else the
// last; beside labels, the one that the labels lack.
func callClassAxis(f *frame, c *builtinCall) value {
	x, ok := c.tensor(0)
	if !ok {
		return poison{}
	}
	dims := x.t.Type.Dims
	if len(dims) == 0 {
		return c.fail(0, "a tensor with axes")
	}
	if len(c.args) == 1 {
		for i, d := range dims {
			if d.Set != "" {
				return whole(int64(i))
			}
		}
		return whole(int64(len(dims) - 1))
	}
	label, ok := c.tensor(1)
	if !ok {
		return poison{}
	}
	axis := -1
	for i := range dims {
		if f.lacks(dims, i, label.t.Type.Dims) && (axis < 0 || dims[axis].Set == "" && dims[i].Set != "") {
			axis = i
		}
	}
	ln, lspan := f.inputName(c.args[1])
	xn, _ := f.inputName(c.args[0])
	at := f
	if f.caller != nil && !f.caller.mod.prelude && lspan.IsValid() {
		at = f.caller
	}
	if axis < 0 || !label.t.Type.DType.Int() {
		return at.report(lspan, diag.Diagnostic{
			Code: "E0202", Message: fmt.Sprintf("`%s` has to be `%s` without its class axis, and the two are %s and %s", ln, xn, show(label.t.Type), show(x.t.Type)),
		})
	}
	if set := dims[axis].Set; label.counts != "" && set != label.counts {
		than := fmt.Sprintf("`%s` have a plain axis of %s", xn, dims[axis].Size)
		hint := "name the axis in the signature of the net: " + label.counts
		if set != "" {
			than = fmt.Sprintf("`%s` count %s", xn, f.c.countPhrase(set))
			hint = "the same size would not have helped: index sets match by name"
		}
		return at.report(lspan, diag.Diagnostic{
			Code: "E0205", Message: fmt.Sprintf("`%s` counts %s but %s", ln, f.c.countPhrase(label.counts), than),
			Label: label.origin, Hint: hint,
		})
	}
	return whole(int64(axis))
}

// inputName returns the name and the place that the user gave for an input of the
// prelude block that f elaborates.
func (f *frame) inputName(a argument) (string, diag.Span) {
	if in, ok := f.inputs[a.name]; ok {
		if in.name != "" {
			return in.name, in.span
		}
		return a.name, in.span
	}
	return a.name, f.site
}

// lacks reports whether label is dims without axis i.
func (f *frame) lacks(dims []op.Dim, i int, label []op.Dim) bool {
	if len(label) != len(dims)-1 {
		return false
	}
	for j := range label {
		k := j
		if j >= i {
			k++
		}
		if !f.prove(dims[k].Size, label[j].Size).Proved {
			return false
		}
	}
	return true
}

func callAxes(_ *frame, c *builtinCall) value {
	t, ok := c.tensor(0)
	if !ok {
		return poison{}
	}
	out := list{}
	for i := range t.t.Type.Dims {
		out = append(out, whole(int64(i)))
	}
	return out
}

func callRank(_ *frame, c *builtinCall) value {
	t, ok := c.tensor(0)
	if !ok {
		return poison{}
	}
	return whole(int64(t.t.Type.Rank()))
}

// callPair turns k or (h, w) into a list of two.
func callPair(_ *frame, c *builtinCall) value {
	if t, ok := c.args[0].v.(tuple); ok && len(t) == 2 {
		return list(t)
	}
	if n, ok := c.args[0].v.(number); ok {
		return list{n, n}
	}
	return c.fail(0, "a number or a pair")
}

// callPadding resolves the option words of pad to [top, left, bottom, right].
func callPadding(f *frame, c *builtinCall) value {
	var v [4][2]int64 // kernel, stride, dilation and, for numbers, pad
	for i, a := range c.args[1:4] {
		es := elements(a.v)
		if len(es) != 2 {
			return c.fail(i+1, "a pair")
		}
		for j, e := range es {
			n, ok := c.int(argument{v: e, span: f.site})
			if !ok {
				return poison{}
			}
			if n < 1 || n > 1<<20 {
				return f.fail(c.span, "E0214", fmt.Sprintf("kernel, stride and dilation are at least 1, and this is %d", n), "", "")
			}
			v[i][j] = n
		}
	}
	kernel, stride, dilation := v[0], v[1], v[2]
	var lo, hi [2]int64
	switch p := c.args[0].v.(type) {
	case word:
		for j := range 2 {
			switch p {
			case "half":
				lo[j] = dilation[j] * (kernel[j] - 1) / 2
				hi[j] = lo[j]
			case "same":
				total, ok := f.samePad(c, c.args[4], j, kernel[j], stride[j], dilation[j])
				if !ok {
					return poison{}
				}
				lo[j], hi[j] = total/2, total-total/2
			}
		}
	default:
		pair := callPair(f, &builtinCall{name: "pad", args: c.args[:1], f: f})
		es := elements(pair)
		if len(es) != 2 {
			return poison{}
		}
		for j, e := range es {
			n, ok := c.int(argument{v: e, span: f.site})
			if !ok {
				return poison{}
			}
			if n < 0 || n > 1<<20 {
				return f.fail(c.span, "E0214", fmt.Sprintf("a padding cannot be %d", n), "", "")
			}
			lo[j], hi[j] = n, n
		}
	}
	return list{whole(lo[0]), whole(lo[1]), whole(hi[0]), whole(hi[1])}
}

// samePad is ONNX's SAME_UPPER: ceil(size / stride) outputs, the odd pixel behind.
func (f *frame) samePad(c *builtinCall, sizes argument, j int, kernel, stride, dilation int64) (int64, bool) {
	span := dilation * (kernel - 1)
	if stride == 1 {
		return span, true
	}
	es := elements(sizes.v)
	n, ok := int64(0), false
	if len(es) == 2 {
		if v, is := numberOf(es[j]); is {
			n, ok = v.int()
		}
	}
	if !ok {
		f.fail(c.span, "E0209", "`pad=same` with a stride needs the size of the image at compile time", "", "use pad=half, or fix the size in the signature")
		return 0, false
	}
	out := (n + stride - 1) / stride
	return max((out-1)*stride+span+1-n, 0), true
}

// callVector makes a constant f32[n] of a list of numbers.
func callVector(f *frame, c *builtinCall) value {
	var vs []float64
	for _, e := range elements(c.args[0].v) {
		n, ok := numberOf(e)
		if !ok {
			return c.fail(0, "a list of numbers")
		}
		vs = append(vs, n.float())
	}
	if len(vs) == 0 {
		return c.fail(0, "a list of numbers")
	}
	t, ok := f.constant(tensor.F32, []int64{int64(len(vs))}, vs, c.span)
	if !ok {
		return poison{}
	}
	return t
}

func callIsDefault(_ *frame, c *builtinCall) value {
	i, ok := c.args[0].v.(initValue)
	if !ok {
		return c.fail(0, "an initialiser")
	}
	return i.init.kind == "default"
}

// callAxisOf resolves the option axis: the word `class`, or a position, which may
// count from the end.
func callAxisOf(f *frame, c *builtinCall) value {
	if _, ok := c.args[1].v.(word); ok {
		return callClassAxis(f, &builtinCall{name: c.name, span: c.span, args: c.args[:1], f: f})
	}
	x, ok := c.tensor(0)
	if !ok {
		return poison{}
	}
	i, ok := c.int(c.args[1])
	if !ok {
		return poison{}
	}
	rank := int64(x.t.Type.Rank())
	if i < 0 {
		i += rank
	}
	if i < 0 || i >= rank {
		return f.fail(c.span, "E0218", fmt.Sprintf("%s has no axis %s", show(x.t.Type), c.args[1].v.(number)), "", "")
	}
	return whole(i)
}

func callAxesOf(f *frame, c *builtinCall) value {
	if _, ok := c.args[1].v.(word); ok {
		return callAxes(f, &builtinCall{name: c.name, span: c.span, args: c.args[:1], f: f})
	}
	i := callAxisOf(f, c)
	if isPoison(i) {
		return poison{}
	}
	return list{i}
}

// callAlong counts 0..n along one axis of a shape that is 1 elsewhere.
func callAlong(f *frame, c *builtinCall) value {
	n, ok1 := c.int(c.args[0])
	axis, ok2 := c.int(c.args[1])
	rank, ok3 := c.int(c.args[2])
	if !ok1 || !ok2 || !ok3 || axis < 0 || axis >= rank || rank > 16 {
		return poison{}
	}
	shape := make([]int64, rank)
	for i := range shape {
		shape[i] = 1
	}
	shape[axis] = n
	return f.emitValue("iota", op.Attrs{"dtype": "i32", "shape": shape, "axis": axis}, c.span)
}

// callWithOne returns the shape of x with an axis of size 1 put in.
func callWithOne(_ *frame, c *builtinCall) value {
	x, ok := c.tensor(0)
	if !ok {
		return poison{}
	}
	axis, ok := c.int(c.args[1])
	dims := x.t.Type.Dims
	if !ok || axis < 0 || axis > int64(len(dims)) {
		return poison{}
	}
	out := append(pack{}, dims[:axis]...)
	out = append(out, op.Dim{Size: sym.Const(1)})
	return append(out, dims[axis:]...)
}
