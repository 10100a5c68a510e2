package check

import (
	"fmt"
	"math"
	"math/big"

	"github.com/netc-lang/netc/internal/diag"
	"github.com/netc-lang/netc/lang/syntax"
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
		"ceil":      {usage: "ceil(x)", doc: "The smallest whole size that is not below x.", min: 1, max: 1, call: callCeil},
		"floor":     {usage: "floor(x)", doc: "The largest whole size that is not above x.", min: 1, max: 1, call: callFloor},
		"divisible": {usage: "divisible(v, d)", doc: "v rounded to a multiple of d as MobileNet does: at least d, and never below 0.9*v.", min: 2, max: 2, call: callDivisible},
		"len":       {usage: "len(list)", doc: "The number of elements of a list.", min: 1, max: 1, call: callLen},
		"shape":     {usage: "shape(x)", doc: "The sizes of a tensor as a list.", min: 1, max: 1, call: callShape},
		"rows":      {usage: "rows(x)", doc: "The size of the first axis.", min: 1, max: 1, call: callRows},
		"repeat":    {usage: "repeat(n, layer)", doc: "A chain of n copies of a layer, each with weights of its own.", min: 2, max: 2, layer: true, call: callRepeat},
		"cast":      {usage: "x |> cast(f32)", doc: "x in another element type.", min: 1, max: 2, tensors: true, call: callCast},
		"broadcast": {usage: "x |> broadcast(sizes...)", doc: "x stretched to the given sizes.", min: 1, max: 16, tensors: true, call: callBroadcast},
		"unsqueeze": {usage: "x |> unsqueeze(axes...)", doc: "x with axes of size 1 put in at the given positions of the result.", min: 1, max: 16, tensors: true, call: callUnsqueeze},
		"split":     {usage: "x |> split(n, axis=1)", doc: "x cut into n equal parts along an axis.", min: 1, max: 2, named: []string{"axis"}, tensors: true, call: callSplit},
		"rearrange": {usage: "x |> rearrange(\"n (h w) c -> n c h w\", h=8)", doc: "x with its axes split, permuted and merged, as in einops.", min: 1, max: 2, named: []string{"*"}, tensors: true, call: callRearrange},
		"anchors": {
			usage: "anchors(image=, strides=, sizes=, ratios=)",
			doc:   "Prior boxes [cx, cy, w, h] in 0..1: for each stride a grid over the image, in each cell a box of its size for each ratio w/h. The order is level, row, column, shape.",
			named: []string{"image", "strides", "sizes", "ratios"}, call: callAnchors,
		},
		"match": {
			usage: "match(truth, priors, iou=0.5)",
			doc:   "For each prior box, what it should say of the true boxes: `.cls` is the class, or the number of classes where it shows none, `.box` the true box as [cx, cy, w, h] in 0..1, `.pos` whether there is one.",
			min:   2, max: 2, named: []string{"iou"}, call: callMatch,
		},
		"nms": {
			usage: "nms(boxes, scores, score=0.05, iou=0.5, max=100)",
			doc:   "The boxes of a picture whose score is at least `score`, best first, without those that overlap a better one of their class by more than `iou`. In Go they are a []Detection in pixels.",
			min:   2, max: 2, named: []string{"score", "iou", "max"}, call: callNMS,
		},
		"cosine_beta": {
			usage: "cosine_beta(steps)", doc: "The noise of each step of a diffusion (Nichol and Dhariwal 2021, arXiv:2102.09672).",
			min: 1, max: 1, call: callCosineBeta,
		},
		"classes_of": {
			usage: "classes_of(field)", doc: "The number of classes that the data have, for a layer that lives only in training.",
			min: 1, max: 1, call: callClassesOf,
		},
		"randint": {
			usage: "randint(a..b, [N])", doc: "Whole numbers of a..b, b excluded, drawn anew in each step of training.",
			min: 2, max: 2, call: callRandint,
		},
		"randn_like": {
			usage: "randn_like(x)", doc: "Normal noise in the shape of x, drawn anew in each step of training.",
			min: 1, max: 1, call: callRandnLike,
		},
		"cos_of":     {usage: "cos_of(x)", internal: true, min: 1, max: 1, call: numberFunc(math.Cos)},
		"sin_of":     {usage: "sin_of(x)", internal: true, min: 1, max: 1, call: numberFunc(math.Sin)},
		"alpha_bar":  {usage: "alpha_bar(beta)", internal: true, min: 1, max: 1, call: callAlphaBar},
		"positives":  {usage: "positives(truth, loss)", internal: true, min: 2, max: 2, call: callPositives},
		"matched":    {usage: "matched(x)", internal: true, min: 1, max: 1, call: callMatched},
		"class_axis": {usage: "class_axis(x)", internal: true, min: 1, max: 3, call: callClassAxis},
		"among":      {usage: "among(k, n)", internal: true, min: 2, max: 2, call: callAmong},
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
		out = append(out, exact(r))
	}
	return out
}

// callBuiltin checks the number and the names of the arguments and calls.
func (f *frame) callBuiltin(c *callable, x *syntax.Call, piped []argument) value {
	b := &builtinCall{name: c.name, span: x.Where, args: piped[:len(piped):len(piped)], f: f}
	ok := true
	for _, a := range piped {
		ok = ok && !isPoison(a.v) // what is wrong has been said; it is no missing tensor
	}
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
		b.option(a.Name.Name, v)
	}
	if !ok {
		return poison{}
	}
	if c.builtin.tensors && (len(b.args) == 0 || !isTensor(b.args[0].v)) {
		return &callable{name: c.name, builtin: c.builtin, bound: bindAll(b), span: x.Where}
	}
	return f.callWith(c.builtin, b)
}

// option notes a value that was given by name.
func (c *builtinCall) option(name string, a argument) {
	if c.named == nil {
		c.named = map[string]argument{}
	}
	c.named[name] = a
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
	b := &builtinCall{name: c.name, span: span, args: tensors[:len(tensors):len(tensors)], f: f}
	for _, a := range c.bound {
		if a.name == "" {
			b.args = append(b.args, a.argument)
		} else {
			b.option(a.name, a.argument)
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
	return c.f.fail(c.args[i].span, "E0305", fmt.Sprintf("`%s` wants %s, and this is %s", c.name, want, c.f.kindOf(c.args[i].v)), "", "")
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
		c.f.fail(a.span, "E0305", fmt.Sprintf("`%s` wants a whole number, and this is %s", c.name, c.f.kindOf(a.v)), "", "")
	}
	return 0, false
}
