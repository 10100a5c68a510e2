package passes

import (
	"fmt"
	"slices"
	"strings"

	"github.com/netc-lang/netc/internal/diag"
	"github.com/netc-lang/netc/ir"
	"github.com/netc-lang/netc/ir/target"
	"github.com/netc-lang/netc/passes/memory"
	"github.com/netc-lang/netc/passes/recompute"
	"github.com/netc-lang/netc/passes/restructure"
	"github.com/netc-lang/netc/passes/schedule"
	"github.com/netc-lang/netc/passes/simplify"
)

// Pass is one transformation of a module.
type Pass struct {
	Name     string
	Required bool   // the program does not compile without it
	Law      string // one line: what holds afterwards, or what is preserved
	// Run changes m in place and says in a few words what it did, such as
	// "53 merged, 0 left".
	Run func(m *ir.Module, t target.Desc) (note string, err error)
}

const (
	required = true
	optional = false
)

// table is the compiler, read aloud.
var table = []Pass{
	{"shape", required, "every type follows from the inputs by the op's own rule", shape},
	{"simplify", optional, "the same function with less work: fold, merge, drop, algebra", simplifyPass},
	{"mode", required, "batch_norm and dropout are what the kind of the function makes of them", mode},
	{"grad", required, "each loss becomes one step: d loss / d state, then the update of the state", gradient},
	{"sink-transposes", optional, "f(xᵀ) = f(x)ᵀ and (xᵀ)ᵀ = x: transposes meet and cancel, activations meet their convolution", sinkTransposes},
	{"simplify-backward", optional, "what simplify promises, for the instructions that grad wrote", simplifyPass},
	{"fold-bn", optional, "s*conv(x, w, b) + t = conv(x, s*w, s*b + t) where s and t depend on states only", foldBN},
	{"fuse-epilogue", optional, "act(conv(x, w) + b + r) = conv{act}(x, w, b, r) where nothing else reads the inside", fuseEpilogue},
	{"wrap-elementwise", required, "every elementwise op is a region, so that generators know one form", wrapElementwise},
	{"fuse-elementwise", optional, "regions over one iteration space join where the order stays legal; nothing is computed twice", fuseElementwise},
	{"recompute-masks", optional, "a mask, such as x > 0, is compared again where it selects, and not stored in between", recomputeMasks},
	{"choose", required, "maps between layers lie in blocks of channels where that is faster; relayouts stand at the edges only", choose},
	{"merge-siblings", optional, "conv(x, u), conv(x, v) = the parts of conv(x, [u; v]) where x is one blocked picture and filters are 1x1", mergeSiblings},
	{"gather-strides", optional, "conv(x, w) with a stride = conv(x', w) where filters are 1x1 and x' are the pixels that it reads; the gradient of w likewise", gatherStrides},
	{"fuse-norm", optional, "act(bn_train(x) + r) = bn_train{act}(x, r) on blocks of channels, and likewise its gradient; conv_dx(y) + r = conv_dx(y, r), also with the gradient of an activation behind it", fuseNorm},
	{"scale-weights", optional, "conv(x * s, w) = conv{s}(x, w), whose kernel multiplies the weights of each image, where filters are 1x1 and far fewer than pixels", scaleWeights},
	{"recompute-norms", optional, "bn_train(x) is computed again from x and its statistics where gradients of weights read it", recomputeNorms},
	{"setup", optional, "what depends on states only is computed once, when a model is loaded", setup},
	{"schedule", optional, "any order in which operands come first computes the same; this one has the least storage alive at once that a search finds", schedule.Run},
	{"recompute", optional, "a training step fits the `memory <=` of its section: results that would not fit are computed again, by the same kernels on the same operands", recompute.Run},
	{"chain", optional, "a row of a convolution or a pool needs few rows of the layer before: chains of them run some rows at a time where the maps between them are larger than the second cache", chain},
	{"group-images", optional, "an image does not depend on the others of its batch: a few at a time run through several layers, so that what layers hand on stays in the caches", groupImages},
	{"group-channels", optional, "a channel of a norm, a pool or a depthwise convolution does not depend on the others: a few channels of all images at a time run through several layers of a training step", groupChannels},
	{"limit-winograd", optional, "every algorithm of a convolution computes the same; Winograd's larger tiles save products and take more weights, so the room that a net has for weights goes to the layers that save most time for a byte", limitWinograd},
	{"memory", required, "every value has a place; values alive at the same time never share bytes", planMemory},
	{"parallel", optional, "a layer may be shared among threads in any way: each takes the part that it computed of the layer before, which is in its cache, and goes on without waiting for the others where it reads nothing of theirs", parallel},
}

// order is one fact about the table: first runs before then.
type order struct{ first, then, because string }

var orders = []order{
	{"shape", "simplify", "rules look at types"},
	{"simplify", "mode", "a scale of one or a dropout of zero is best gone before it is expanded"},
	{"mode", "grad", "batch_norm and dropout have no gradient, their training forms have"},
	{"simplify", "grad", "what is dropped needs no backward"},
	{"grad", "simplify-backward", "it cleans what grad wrote"},
	{"grad", "sink-transposes", "gradients have transposes of their own, which meet those of the way forward"},
	{"sink-transposes", "simplify-backward", "a transpose that reaches a matmul becomes its own"},
	{"sink-transposes", "fold-bn", "a transpose between conv and batch_norm would hide one from the other"},
	{"choose", "merge-siblings", "parts of blocked images lie in the whole; of plain ones they would be copied"},
	{"choose", "gather-strides", "what is gathered is in blocks of channels"},
	{"gather-strides", "schedule", "what is gathered is an instruction in the order, too"},
	{"merge-siblings", "setup", "the weights of siblings are joined at load"},
	{"mode", "fold-bn", "it matches the scale and shift that mode makes of batch_norm"},
	{"fuse-elementwise", "recompute-masks", "a region would take the comparison to its twin"},
	{"recompute-masks", "choose", "a mask has no blocked layout"},
	{"grad", "wrap-elementwise", "gradients are written over mathematical ops"},
	{"fold-bn", "fuse-epilogue", "a batch_norm between conv and activation would hide the activation"},
	{"grad", "fuse-epilogue", "a fused activation has no gradient"},
	{"fuse-epilogue", "wrap-elementwise", "an activation inside a region is no epilogue any more"},
	{"wrap-elementwise", "fuse-elementwise", "regions join, ops do not"},
	{"fuse-elementwise", "setup", "a region runs at load or per call, never half and half"},
	{"fuse-epilogue", "choose", "a relayout would hide a bias from the conv that could add it"},
	{"fuse-elementwise", "choose", "one decision for a region costs fewer relayouts than one for each op"},
	{"choose", "fuse-norm", "only kernels on blocks of channels take what surrounds a norm"},
	{"choose", "scale-weights", "only kernels on blocks of channels multiply their weights"},
	{"merge-siblings", "scale-weights", "siblings read one picture as it is"},
	{"scale-weights", "schedule", "what is scaled needs no place in the order"},
	{"fuse-norm", "memory", "what is fused needs no place"},
	{"fuse-norm", "recompute-norms", "a norm is computed again with its activation"},
	{"recompute-norms", "memory", "what is computed again is not kept"},
	{"recompute-norms", "schedule", "it is an instruction in the order, too"},
	{"choose", "setup", "relayouts of weights are done at load"},
	{"schedule", "recompute", "what another order saves need not be computed twice"},
	{"recompute", "group-channels", "a segment is a run of instructions in their final order"},
	{"recompute", "memory", "what is given up dies earlier"},
	{"schedule", "chain", "a chain is a run of instructions in their final order"},
	{"setup", "chain", "what computes weights once stands in no chain"},
	{"chain", "group-images", "a chain takes images one by one as a whole"},
	{"chain", "memory", "what lies inside a chain needs no place"},
	{"schedule", "group-images", "a segment is a run of instructions in their final order"},
	{"group-images", "memory", "values that live inside a segment need storage for one group only"},
	{"schedule", "group-channels", "a segment is a run of instructions in their final order"},
	{"fuse-norm", "group-channels", "what a norm takes in is no instruction between it and the next"},
	{"group-channels", "memory", "values that live inside a segment need storage for one group only"},
	{"choose", "limit-winograd", "an algorithm that was measured or asked for is not chosen again"},
	{"schedule", "limit-winograd", "of layers that save as much for a byte the first in the plan gets the room"},
	{"choose", "memory", "the size of a value depends on its layout"},
	{"setup", "schedule", "what is computed at load is not in the order of a call"},
	{"choose", "schedule", "the size of a value depends on its layout"},
	{"schedule", "memory", "lifetimes follow from the order"},
	{"memory", "parallel", "threads may go on to a layer that writes over nothing the others still read"},
	{"setup", "memory", "what is computed at load needs no place in the arena"},
	{"fuse-elementwise", "memory", "values inside a region need no place"},
}

func init() {
	if err := checkOrder(table, orders); err != nil {
		panic(err)
	}
}

// checkOrder reports the first fact that the table contradicts.
func checkOrder(table []Pass, orders []order) error {
	at := map[string]int{}
	for i, p := range table {
		if _, dup := at[p.Name]; dup {
			return fmt.Errorf("passes: two passes are called %s", p.Name)
		}
		at[p.Name] = i
	}
	for _, o := range orders {
		i, ok := at[o.first]
		j, ok2 := at[o.then]
		if !ok || !ok2 {
			return fmt.Errorf("passes: the order of %s and %s is stated, but one is not in the table", o.first, o.then)
		}
		if i >= j {
			return fmt.Errorf("passes: %s must run before %s: %s", o.first, o.then, o.because)
		}
	}
	return nil
}

// Pipeline returns the passes in running order.
func Pipeline() []Pass { return slices.Clone(table) }

// TooLittle is the error of [Run] for a training that cannot keep the limit of its section.
type TooLittle = recompute.TooLittle

// Options say how Run goes through the table.
type Options struct {
	Disable []string                        // names of optional passes to leave out
	Dump    func(pass string, m *ir.Module) // called after each pass
	Verify  bool                            // check the module before the first and after every pass
	Log     func(line string)               // receives one line per pass: "fold-bn: 53 merged, 0 left"
}

// Run takes m through the whole table in place. It fails on an unknown or
// required name in Disable, on a pass that refuses the module, and, with
// Verify, on a pass that broke it. A bug of a pass panics as [diag.Bug] with the
// name of the pass.
func Run(m *ir.Module, t target.Desc, o Options) error {
	if err := checkDisable(o.Disable); err != nil {
		return err
	}
	if o.Verify {
		if err := ir.Verify(m); err != nil {
			return fmt.Errorf("before the first pass: %w", err)
		}
	}
	for _, p := range table {
		if slices.Contains(o.Disable, p.Name) {
			continue
		}
		note, err := runOne(p, m, t)
		if err != nil {
			return err
		}
		if o.Log != nil {
			o.Log(p.Name + ": " + note)
		}
		if o.Dump != nil {
			o.Dump(p.Name, m)
		}
		if o.Verify {
			if err := ir.Verify(m); err != nil {
				return fmt.Errorf("after pass %s: %w", p.Name, err)
			}
		}
	}
	return nil
}

// runOne names the pass in whatever goes wrong inside it.
func runOne(p Pass, m *ir.Module, t target.Desc) (note string, err error) {
	defer func() {
		switch r := recover().(type) {
		case nil:
		case diag.Bug:
			panic(diag.Bug{Message: "pass " + p.Name + ": " + r.Message})
		default:
			panic(r)
		}
	}()
	note, err = p.Run(m, t)
	if err != nil {
		err = fmt.Errorf("%s: %w", p.Name, err)
	}
	return note, err
}

func checkDisable(names []string) error {
	for _, name := range names {
		i := slices.IndexFunc(table, func(p Pass) bool { return p.Name == name })
		if i < 0 {
			return fmt.Errorf("found no pass called %q, expected one of %s", name, strings.Join(optionalNames(), ", "))
		}
		if table[i].Required {
			return fmt.Errorf("pass %s cannot be disabled: %s; optional are %s", name, table[i].Law, strings.Join(optionalNames(), ", "))
		}
	}
	return nil
}

// optionalNames lists what Disable accepts, in running order.
func optionalNames() []string {
	var names []string
	for _, p := range table {
		if !p.Required {
			names = append(names, p.Name)
		}
	}
	return names
}

func simplifyPass(m *ir.Module, _ target.Desc) (string, error) { return simplify.Run(m) }

func sinkTransposes(m *ir.Module, _ target.Desc) (string, error) { return restructure.Transposes(m) }

func mergeSiblings(m *ir.Module, _ target.Desc) (string, error) { return restructure.Siblings(m) }

func gatherStrides(m *ir.Module, _ target.Desc) (string, error) { return restructure.Strides(m) }

func planMemory(m *ir.Module, t target.Desc) (string, error) { return memory.Run(m, t) }
