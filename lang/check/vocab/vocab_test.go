package vocab

import (
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/netc-lang/netc/runtime/data"
	"github.com/netc-lang/netc/runtime/data/augment"
)

func TestRowsAreWellFormed(t *testing.T) {
	for _, kind := range Kinds() {
		if len(Names(kind)) == 0 {
			t.Errorf("no rows of kind %v", kind)
		}
		for _, name := range Names(kind) {
			r := Lookup(kind, name)
			if r.Doc == "" {
				t.Errorf("%v %s has no Doc", kind, name)
			}
			if kind == Step && r.On == 0 {
				t.Errorf("step %s acts on no field", name)
			}
			if kind == Metric && r.Reduce != "mean" && r.Reduce != "set" {
				t.Errorf("metric %s: got Reduce %q, want mean or set", name, r.Reduce)
			}
			late := false
			for _, a := range r.Args {
				checkArg(t, r, a)
				if !a.ByName && a.required() && late {
					t.Errorf("%s: the required %s stands behind an optional argument", name, a.Name)
				}
				late = late || !a.ByName && !a.required()
			}
		}
	}
}

// checkArg asserts that the default of an argument passes its own checks.
func checkArg(t *testing.T, r *Row, a Arg) {
	t.Helper()
	if a.Doc == "" || a.Name == "" {
		t.Errorf("%s: argument %q has no name or Doc", r.Name, a.Name)
	}
	if a.Limited && !(a.Min < a.Max) {
		t.Errorf("%s: %s has the limits %v..%v", r.Name, a.Name, a.Min, a.Max)
	}
	if a.Default == nil {
		return
	}
	v := Value(a.Default)
	if s, ok := v.(string); ok && slices.Contains(a.Words, s) {
		v = Name(s)
	}
	got, p := r.convert(&a, v)
	if p != nil {
		t.Errorf("%s: the default of %s: %v", r.Name, a.Name, p)
	} else if !reflect.DeepEqual(got, a.Default) {
		t.Errorf("%s: the default of %s converts to %v (%T), want %v (%T)", r.Name, a.Name, got, got, a.Default, a.Default)
	}
}

// example returns a value that a takes.
func example(a *Arg) Value {
	switch mid := min(max(a.Min, 1), a.Max); a.Kind {
	case Int:
		return int64(mid)
	case Float:
		return mid
	case Range:
		return [2]float64{a.Min, min(a.Max, math.Max(a.Min, 1))}
	case Floats:
		return []float64{0.5}
	case Bool:
		return true
	case Word:
		if len(a.Words) > 0 {
			return Name(a.Words[0])
		}
	case String:
		return "x"
	}
	return Name("x")
}

// beforeChain are steps that the pipeline of a data set runs itself: mosaic needs
// other records, bpe makes numbers of a text.
var beforeChain = []string{"bpe", "mosaic"}

// The rows that claim to run and the table of the runtime must agree, in names
// and in arguments. chw and the steps behind it are compiled, not run as steps.
func TestStepsAgreeWithRuntime(t *testing.T) {
	var claimed []string
	for _, name := range Names(Step) {
		r := Lookup(Step, name)
		if !r.Runs || r.Planar || name == "chw" {
			continue
		}
		if !slices.Contains(beforeChain, name) {
			claimed = append(claimed, name)
		}
		for _, full := range []bool{false, true} {
			named := map[string]Value{}
			for i := range r.Args {
				if a := &r.Args[i]; a.required() || full {
					named[a.Name] = example(a)
				}
			}
			args, p := r.Resolve(nil, named)
			if p != nil {
				t.Errorf("%s: %v", name, p)
				continue
			}
			call := augment.Call{Name: name, Args: args}
			if name == "mosaic" {
				if _, err := augment.NewMosaic(augment.Step{Fields: []int{0}, Call: call}); err != nil {
					t.Errorf("%s with %v: %v", name, args, err)
				}
			}
			if slices.Contains(beforeChain, name) {
				continue
			}
			if _, err := augment.Compile([]augment.Step{{Fields: []int{0}, Call: call}}); err != nil {
				t.Errorf("%s with %v: %v", name, args, err)
			}
		}
	}
	if got := augment.Names(); !slices.Equal(got, claimed) {
		t.Errorf("the runtime has the steps\n%v, the vocabulary claims\n%v", got, claimed)
	}
}

func TestSourcesAgreeWithRuntime(t *testing.T) {
	for _, name := range Names(Source) {
		spec := &data.Spec{Source: data.StepCall{Name: name, Args: map[string]any{}}}
		_, err := data.Open(spec, t.TempDir())
		has := err == nil || !strings.Contains(err.Error(), "cannot read the source")
		if runs := Lookup(Source, name).Runs; runs != has {
			t.Errorf("%s: the vocabulary says runs = %t, the runtime says %v", name, runs, err)
		}
	}
}

func TestResolve(t *testing.T) {
	sgd := &Resolved{Row: Lookup(Optimizer, "sgd")}
	rows := []struct {
		name  string
		kind  Kind
		row   string
		pos   []Value
		named map[string]Value
		want  map[string]any
	}{
		{"one number is both sides of 0", Step, "rotate", []Value{int64(12)}, nil, map[string]any{"degrees": [2]float64{-12, 12}}},
		{"an interval is itself", Step, "rotate", []Value{[2]float64{-180, 180}}, nil, map[string]any{"degrees": [2]float64{-180, 180}}},
		{"share of the size", Step, "translate", []Value{0.1}, nil, map[string]any{"by": [2]float64{-0.1, 0.1}}},
		{"a factor lies around 1", Step, "scale", []Value{0.25}, nil, map[string]any{"by": [2]float64{0.75, 1.25}}},
		{"one quality is itself", Step, "jpeg", []Value{int64(80)}, nil, map[string]any{"quality": [2]float64{80, 80}}},
		{"no second size", Step, "resize", []Value{int64(256)}, nil, map[string]any{"h": int64(256), "mode": "bilinear"}},
		{"both sizes", Step, "resize", []Value{int64(112), int64(96)}, nil, map[string]any{"h": int64(112), "w": int64(96), "mode": "bilinear"}},
		{"a word", Step, "pad", []Value{int64(2)}, map[string]Value{"mode": Name("reflect")}, map[string]any{"n": int64(2), "mode": "reflect"}},
		{"a bare step", Step, "hflip", nil, nil, map[string]any{"p": 0.5}},
		{"lists", Step, "normalize", nil, map[string]Value{"mean": []float64{0.1307}, "std": 0.3081}, map[string]any{"mean": []float64{0.1307}, "std": []float64{0.3081}}},
		{"a whole float is an int", Setting, "epochs", []Value{12.0}, nil, map[string]any{"value": int64(12)}},
		{"a setting that is a call", Setting, "optimizer", []Value{sgd}, nil, map[string]any{"value": sgd}},
		{"none", Setting, "clip", []Value{Name("none")}, nil, map[string]any{"value": "none"}},
		{"sgd", Optimizer, "sgd", nil, map[string]Value{"lr": 0.05, "momentum": 0.9, "weight_decay": 1e-4}, map[string]any{
			"lr": 0.05, "momentum": 0.9, "weight_decay": 1e-4, "nesterov": false, "decay_all": false, "layer_decay": 1.0,
		}},
		{"columns", Source, "csv", []Value{"a.csv"}, map[string]Value{"image": Name("path")}, map[string]any{"file": "a.csv", "image": "path"}},
		{"an expression passes", Stop, "early", []Value{int64(4)}, map[string]Value{"on": Opaque{"val.accuracy"}}, map[string]any{"patience": int64(4), "on": "val.accuracy"}},
		{"nesting", Interval, "every", []Value{&Resolved{Row: Lookup(Moment, "epoch")}}, nil, map[string]any{"time": &Resolved{Row: Lookup(Moment, "epoch")}}},
	}
	for _, c := range rows {
		got, p := Lookup(c.kind, c.row).Resolve(c.pos, c.named)
		if p != nil {
			t.Errorf("%s: %v", c.name, p)
		} else if !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: got %v, want %v", c.name, got, c.want)
		}
	}
}

func TestProblems(t *testing.T) {
	rows := []struct {
		kind    Kind
		row     string
		pos     []Value
		named   map[string]Value
		problem ProblemKind
		index   int
		arg     string
		message string
	}{
		{Optimizer, "sgd", []Value{0.1, 0.9}, nil, TooMany, 1, "", "`sgd` takes 1 value by position; the rest go by name"},
		{Step, "auto_augment", []Value{0.1}, nil, TooMany, 0, "", "`auto_augment` takes no values"},
		{Step, "resize", nil, nil, Missing, -1, "h", "`resize` needs `h`: height in pixels; of a square when it stands alone"},
		{Optimizer, "sgd", nil, map[string]Value{"lr": 0.1, "momentm": 0.9}, UnknownArg, -1, "momentm", "`sgd` has no argument `momentm`"},
		{Step, "rotate", []Value{int64(3)}, map[string]Value{"degrees": int64(4)}, Twice, -1, "degrees", "`rotate` is given `degrees` twice, by position and by name"},
		{Step, "rotate", []Value{"a"}, nil, WrongKind, 0, "degrees", "`rotate` wants `degrees` to be a number or an interval a..b, and this is the string \"a\""},
		{Step, "pad", []Value{int64(1)}, map[string]Value{"mode": Name("reflct")}, WrongKind, -1, "mode", "`pad` wants `mode` to be constant, edge or reflect, and this is `reflct`"},
		{Step, "rotate", []Value{[2]float64{3, -3}}, nil, OutOfRange, 0, "degrees", "`degrees` of `rotate` is the empty interval 3..-3"},
		{Step, "hflip", nil, map[string]Value{"p": 1.5}, OutOfRange, -1, "p", "`p` of `hflip` is 1.5, and must lie in 0..1"},
		{Setting, "batch", []Value{int64(0)}, nil, OutOfRange, 0, "value", "`batch` is 0, and must be at least 1"},
		{Setting, "epochs", []Value{int64(0)}, nil, OutOfRange, 0, "value", "`epochs` is 0, and must be at least 1"},
		{Setting, "batch", []Value{int64(1 << 40)}, nil, OutOfRange, 0, "value", "`batch` is 1099511627776, and must be at most 2147483648"},
		{Optimizer, "sgd", nil, map[string]Value{"lr": -0.05}, OutOfRange, -1, "lr", "`lr` of `sgd` is -0.05, and must be above 0"},
		{Setting, "epochs", []Value{"12"}, nil, WrongKind, 0, "value", "`epochs` wants a whole number, and this is the string \"12\""},
		{Step, "rotate", []Value{int64(-24)}, nil, OutOfRange, 0, "degrees", "`degrees` of `rotate` is -24, and a single number must be at least 0"},
		{Step, "scale", []Value{-0.5}, nil, OutOfRange, 0, "by", "`by` of `scale` is -0.5, and a single number must be at least 0"},
		{Source, "mnist", []Value{int64(3)}, nil, WrongKind, 0, "dir", "`mnist` wants `dir` to be a string, and this is 3"},
		{Optimizer, "sgd", []Value{strings.Repeat("a", 100)}, nil, WrongKind, 0, "lr", "`sgd` wants `lr` to be a number, and this is a string"},
		{Setting, "epochs", []Value{2.5}, nil, WrongKind, 0, "value", "`epochs` wants a whole number, and this is 2.5"},
		{Setting, "clip", []Value{Name("non")}, nil, WrongKind, 0, "value", "`clip` wants a number or none, and this is `non`"},
		{Setting, "optimizer", []Value{&Resolved{Row: Lookup(Schedule, "cosine")}}, nil, WrongKind, 0, "value", "`optimizer` wants one of adagrad, adam, adamw, lamb, lion, rmsprop, sgd, and this is cosine"},
		{Optimizer, "adam", nil, map[string]Value{"betas": []float64{0.9}}, WrongKind, -1, "betas", "`adam` wants `betas` to hold 2 numbers, and this holds 1"},
		{Optimizer, "sgd", []Value{math.NaN()}, nil, WrongKind, 0, "lr", "`sgd` wants `lr` to be a number, and this is NaN"},
	}
	for _, c := range rows {
		_, p := Lookup(c.kind, c.row).Resolve(c.pos, c.named)
		if p == nil {
			t.Errorf("%s: got no problem, want %q", c.row, c.message)
			continue
		}
		if p.Kind != c.problem || p.Index != c.index || p.Arg != c.arg || p.Error() != c.message {
			t.Errorf("%s: got %d %d %q %q, want %d %d %q %q", c.row, p.Kind, p.Index, p.Arg, p.Message, c.problem, c.index, c.arg, c.message)
		}
	}
	_, p := Lookup(Optimizer, "sgd").Resolve([]Value{0.1, 0.9}, nil)
	if want := "this could be momentum, nesterov, weight_decay, decay_all or layer_decay"; p.Label != want {
		t.Errorf("got label %q, want %q", p.Label, want)
	}
	if want := "write `momentum=...`"; p.Hint != want {
		t.Errorf("got hint %q, want %q", p.Hint, want)
	}
	_, p = Lookup(Optimizer, "sgd").Resolve(nil, map[string]Value{"momentm": 0.1})
	if p.Suggest != "momentum" {
		t.Errorf("got suggestion %q, want momentum", p.Suggest)
	}
}

// What to do about a value of the wrong kind.
func TestProblemHints(t *testing.T) {
	rows := []struct {
		kind                 Kind
		row, arg             string
		given                Value
		label, hint, suggest string
	}{
		{Setting, "epochs", "value", "12", "did you mean `12`?", "write it without quotes", "12"},
		{Setting, "epochs", "value", "1.5", "", "", ""},
		{Setting, "epochs", "value", "twelve", "", "", ""},
		{Setting, "clip", "value", "none", "did you mean `none`?", "write it without quotes", "none"},
		{Setting, "clip", "value", Name("non"), "did you mean `none`?", "", "none"},
		{Setting, "precision", "value", "f16", "did you mean `f16`?", "write it without quotes", "f16"},
		{Optimizer, "sgd", "lr", "0.05", "did you mean `0.05`?", "write it without quotes", "0.05"},
		{Optimizer, "sgd", "lr", "inf", "", "", ""},
		{Optimizer, "sgd", "nesterov", "true", "did you mean `true`?", "write it without quotes", "true"},
		{Step, "translate", "by", "-0.1..0.1", "did you mean `-0.1..0.1`?", "write it without quotes", "-0.1..0.1"},
		{Step, "translate", "by", "0.1..", "", "", ""},
		{Step, "rotate", "degrees", int64(-24), "", "an interval is written `-24..24`", ""},
		{Step, "scale", "by", -0.5, "", "an interval is written `0.5..1.5`", ""},
		{Step, "rotate", "degrees", [2]float64{3, -3}, "", "the smaller end comes first", ""},
	}
	for _, c := range rows {
		r := Lookup(c.kind, c.row)
		_, p := r.convert(r.Arg(c.arg), c.given)
		if p == nil {
			t.Errorf("%s of %s: got no problem with %v", c.arg, c.row, c.given)
		} else if p.Label != c.label || p.Hint != c.hint || p.Suggest != c.suggest {
			t.Errorf("%s of %s, %v: got %q, %q, %q, want %q, %q, %q", c.arg, c.row, c.given, p.Label, p.Hint, p.Suggest, c.label, c.hint, c.suggest)
		}
	}
}

func TestApply(t *testing.T) {
	px := func(h, w int64, set string) Image { return Image{H: Pixels(h), W: Pixels(w), Set: set} }
	free := Image{H: Size{Symbol: "H"}, W: Size{Symbol: "W"}, Set: "RGB"}
	rows := []struct {
		step string
		pos  []Value
		in   Image
		want Image
	}{
		{"rotate", []Value{int64(3)}, free, free},
		{"resize", []Value{int64(256)}, free, Image{Set: "RGB", Short: 256}},
		{"resize", []Value{int64(256)}, px(375, 500, "RGB"), px(256, 341, "RGB")},
		{"resize", []Value{int64(256)}, px(500, 375, "RGB"), px(341, 256, "RGB")},
		{"resize", []Value{int64(32)}, Image{H: Size{Symbol: "S"}, W: Size{Symbol: "S"}, Set: "RGB"}, px(32, 32, "RGB")},
		{"resize", []Value{int64(112), int64(96)}, free, px(112, 96, "RGB")},
		{"center_crop", []Value{int64(224)}, Image{Set: "RGB"}, px(224, 224, "RGB")},
		{"pad", []Value{int64(2)}, px(28, 28, "Gray"), px(32, 32, "Gray")},
		{"pad", []Value{int64(2)}, free, Image{Set: "RGB"}},
		{"chw", nil, px(28, 28, "Gray"), Image{H: Pixels(28), W: Pixels(28), Set: "Gray", Planar: true}},
		{"swap", []Value{Name("BGR")}, free, Image{H: free.H, W: free.W, Set: "BGR"}},
	}
	for _, c := range rows {
		r := Lookup(Step, c.step)
		args, p := r.Resolve(c.pos, nil)
		if p != nil {
			t.Fatalf("%s: %v", c.step, p)
		}
		got, problem := r.Apply(c.in, args)
		if problem != "" || got != c.want {
			t.Errorf("%s of %v: got %v and %q, want %v", c.step, c.in, got, problem, c.want)
		}
	}
}

func TestApplyRefuses(t *testing.T) {
	planar := Image{Set: "RGB", Planar: true}
	rows := []struct {
		step  string
		named map[string]Value
		in    Image
		want  string
	}{
		{"normalize", map[string]Value{"mean": 0.5, "std": 0.5}, Image{Set: "RGB"}, "put `chw` before it"},
		{"normalize", map[string]Value{"mean": []float64{1, 2}, "std": 0.5}, planar, "`mean` holds 2 numbers, and RGB has 3 channels"},
		{"rotate", map[string]Value{"degrees": int64(3)}, planar, "`chw` has made this f32[RGB, H, W]"},
		{"swap", map[string]Value{"set": Name("RGB")}, Image{Set: "RGB"}, "the channels are RGB already"},
		{"swap", map[string]Value{"set": Name("RGB")}, Image{Set: "Gray"}, "the channels are Gray"},
	}
	for _, c := range rows {
		r := Lookup(Step, c.step)
		args, p := r.Resolve(nil, c.named)
		if p != nil {
			t.Fatalf("%s: %v", c.step, p)
		}
		if _, got := r.Apply(c.in, args); !strings.Contains(got, c.want) {
			t.Errorf("%s of %v: got %q, want %q in it", c.step, c.in, got, c.want)
		}
	}
}

func TestUnsupported(t *testing.T) {
	resolve := func(kind Kind, name string, named map[string]Value) *Resolved {
		r := Lookup(kind, name)
		args, p := r.Resolve(nil, named)
		if p != nil {
			t.Fatal(p)
		}
		return &Resolved{r, args}
	}
	sgd := resolve(Optimizer, "sgd", map[string]Value{"lr": 0.1})
	rows := []struct {
		call *Resolved
		want string
	}{
		{sgd, ""},
		{resolve(Optimizer, "sgd", map[string]Value{"lr": 0.1, "layer_decay": 0.8}), ""},
		{resolve(Optimizer, "adamw", map[string]Value{"betas": []float64{0.8, 0.9}}), ""},
		{resolve(Optimizer, "lamb", nil), ""},
		{resolve(Setting, "clip", map[string]Value{"value": 2.0}), ""},
		{resolve(Setting, "ema", map[string]Value{"value": 0.999}), ""},
		{resolve(Step, "auto_augment", nil), ""},
		{resolve(Setting, "accumulate", map[string]Value{"value": int64(1)}), ""},
		{resolve(Setting, "accumulate", map[string]Value{"value": int64(4)}), ""},
		{resolve(Setting, "optimizer", map[string]Value{"value": sgd}), ""},
		{resolve(Setting, "schedule", map[string]Value{"value": resolve(Schedule, "plateau", map[string]Value{"patience": int64(2), "factor": 0.1})}), ""},
	}
	for _, c := range rows {
		if got := c.call.Row.Unsupported(c.call.Args); got != c.want {
			t.Errorf("%s: got %q, want %q", c.call.Row.Name, got, c.want)
		}
	}
}

func TestString(t *testing.T) {
	for want, r := range map[string]*Row{
		"cosine(warmup=0, min=0)":                        Lookup(Schedule, "cosine"),
		"auto_augment":                                   Lookup(Step, "auto_augment"),
		"resize(h, w, mode=bilinear)":                    Lookup(Step, "resize"),
		"csv(file, field=column...)":                     Lookup(Source, "csv"),
		"top_k(logits, label, ignore=-1, k=1)":           Lookup(Metric, "top_k"),
		"ddim(steps, beta, eta=0)":                       Lookup(Method, "ddim"),
		"int8(per=tensor, method=)":                      Lookup(Scheme, "int8"),
		"one_cycle(peak=0.3)":                            Lookup(Schedule, "one_cycle"),
		"mnist(dir)":                                     Lookup(Source, "mnist"),
		"erase(p=0.5, scale=0.02..0.33, ratio=0.3..3.3)": Lookup(Step, "erase"),
	} {
		if got := r.String(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	if Lookup(Step, "rotat") != nil {
		t.Error("got a row for a word that does not exist")
	}
}
