package stdlib_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/netc-lang/netc"
	"github.com/netc-lang/netc/internal/diag"
	"github.com/netc-lang/netc/ir/op"
	"github.com/netc-lang/netc/ir/sym"
	"github.com/netc-lang/netc/lang/check"
	"github.com/netc-lang/netc/lang/format"
	"github.com/netc-lang/netc/lang/syntax"
	"github.com/netc-lang/netc/stdlib"
)

// zoo lists every network of the standard library with its published size: weights,
// and multiply-adds of one image at the net's own size (UNet, whose size is free, at
// 256x256), in millions to one decimal.
var zoo = []struct {
	module, net string
	params      int64
	macs        float64
}{
	{"alexnet", "AlexNet", 61_100_840, 714.2},
	{"convnext", "ConvNeXtTiny", 28_589_128, 4_455.5},
	{"densenet", "DenseNet121", 7_978_856, 2_834.2},
	{"efficientnet", "EfficientNetB0", 5_288_548, 385.8},
	{"fpn", "FPN", 26_852_416, 9_050.3},
	{"googlenet", "GoogLeNet", 6_624_904, 1_498.4},
	{"lenet", "LeNet", 61_706, 0.4},
	{"lenet", "LeNet5", 61_706, 0.4},
	{"mobilenet", "MobileNetV1", 4_231_976, 568.7},
	{"mobilenet", "MobileNetV2", 3_504_872, 300.8},
	{"mobilenet", "MobileNetV3Large", 5_483_032, 216.6},
	{"mobilenet", "MobileNetV3Small", 2_542_856, 56.5},
	{"regnet", "RegNetY400MF", 4_344_144, 401.8},
	{"resnet", "ResNeXt50", 25_028_904, 4_230.5},
	{"resnet", "ResNet101", 44_549_160, 7_801.4},
	{"resnet", "ResNet18", 11_689_512, 1_814.1},
	{"resnet", "ResNet34", 21_797_672, 3_663.8},
	{"resnet", "ResNet50", 25_557_032, 4_089.2},
	{"shufflenet", "ShuffleNetV2", 2_278_604, 144.9},
	{"squeezenet", "SqueezeNet10", 1_248_424, 818.9},
	{"squeezenet", "SqueezeNet11", 1_235_496, 349.2},
	{"ssd", "SSD300", 35_641_826, 34_858.2},
	{"unet", "UNet", 31_036_611, 48_100.3},
	{"unet", "UNetSmall", 482_754, 580.1},
	{"vgg", "VGG11", 132_863_336, 7_609.1},
	{"vgg", "VGG16", 138_357_544, 15_470.3},
	{"vit", "ViTB16", 86_567_656, 17_563.8},
	{"vit", "ViTTiny", 5_717_416, 1_253.7},
	{"yolo", "YOLOTiny", 8_852_366, 2_782.5},
}

// TestZoo checks every module, runs its test blocks, and holds every net against
// the table.
func TestZoo(t *testing.T) {
	seen := map[string]bool{}
	for _, module := range stdlib.Modules() {
		p := load(t, module)
		if len(p.Tests) == 0 {
			t.Errorf("%s has no test block", module)
		}
		for _, test := range p.Tests {
			if !test.Passed {
				t.Errorf("%s: test %q fails: %v", module, test.Name, test.Failures)
			}
		}
		for _, n := range p.Nets {
			seen[module+"."+n.Name] = true
			if n.Doc == "" && p.Doc == "" {
				t.Errorf("%s.%s has no documentation", module, n.Name)
			}
		}
		for _, row := range zoo {
			if row.module == module {
				holdNet(t, p, row.net, row.params, row.macs)
			}
		}
	}
	for _, row := range zoo {
		if !seen[row.module+"."+row.net] {
			t.Errorf("the zoo has no %s.%s", row.module, row.net)
		}
		delete(seen, row.module+"."+row.net)
	}
	for name := range seen {
		t.Errorf("%s is not in the table of published sizes", name)
	}
}

func holdNet(t *testing.T, p *check.Program, name string, params int64, macs float64) {
	t.Helper()
	n := find(t, p, name)
	if got := weights(t, n); got != params {
		t.Errorf("%s has %d weights, want %d", name, got, params)
	}
	got := float64(multiplyAdds(t, n)) / 1e6
	if s, want := fmt.Sprintf("%.1f", got), fmt.Sprintf("%.1f", macs); s != want {
		t.Errorf("%s has %s million multiply-adds, want %s", name, s, want)
	}
}

func load(t *testing.T, module string) *check.Program {
	t.Helper()
	s, err := netc.Open(module, nil)
	if err != nil {
		t.Fatal(err)
	}
	p, list := s.Check()
	for _, d := range list {
		t.Errorf("%s: %s", module, d.Message)
	}
	if p == nil {
		t.Fatalf("%s does not check", module)
	}
	return p
}

func find(t *testing.T, p *check.Program, name string) *check.Net {
	t.Helper()
	for _, n := range p.Nets {
		if n.Name == name {
			return n
		}
	}
	t.Fatalf("no net %s", name)
	return nil
}

// weights counts what training changes, as .params does.
func weights(t *testing.T, n *check.Net) int64 {
	t.Helper()
	var total int64
	for _, s := range n.States {
		if !s.Buffer {
			size := int64(1)
			for _, d := range sizes(t, s.Type) {
				size *= d
			}
			total += size
		}
	}
	return total
}

func sizes(t *testing.T, ty op.Type) []int64 {
	t.Helper()
	out := make([]int64, len(ty.Dims))
	for i, d := range ty.Dims {
		n, ok := d.Size.IsConst()
		if !ok {
			t.Fatalf("a weight of shape %v", ty)
		}
		out[i] = n
	}
	return out
}

// multiplyAdds sums the products of the inference graph, apart from what `.macs`
// of the test blocks does.
func multiplyAdds(t *testing.T, n *check.Net) int64 {
	t.Helper()
	total := sym.Const(0)
	for _, c := range n.Infer.Calls {
		if c.Op.Cost == nil {
			continue
		}
		total = total.Add(c.Op.Cost(types(c.Args), types(c.Outs), c.Attrs).MACs)
	}
	v, err := total.Eval(map[string]int64{"N": 1, "H": 256, "W": 256})
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func types(ts []*check.Tensor) []op.Type {
	out := make([]op.Type, len(ts))
	for i, t := range ts {
		if t != nil {
			out[i] = t.Type
		}
	}
	return out
}

// TestStyle holds the texts of the library against the formatter.
func TestStyle(t *testing.T) {
	files := append(stdlib.Prelude(), stdlib.Parts()...)
	for _, m := range stdlib.Modules() {
		texts, _ := stdlib.Module(m)
		for name, text := range texts {
			files = append(files, stdlib.File{Name: name, Text: text})
		}
	}
	for _, f := range files {
		got, list := format.Source(&diag.File{Name: f.Name, Text: f.Text})
		if list.HasErrors() || string(got) != string(f.Text) {
			t.Errorf("%s is not in the form of netc fmt: %v", f.Name, list)
		}
	}
}

// maxRules is how many renames a checkpoint of torchvision may need.
const maxRules = 20

// TestTorchvision holds the rules of testdata/torchvision.net against the names and
// shapes of torchvision's state_dicts: at most 20 rules match every tensor exactly
// once.
func TestTorchvision(t *testing.T) {
	sections := torchvision(t)
	for name, w := range sections {
		t.Run(name, func(t *testing.T) {
			rules := w.From[0].Rules
			if len(rules) > maxRules {
				t.Errorf("%d rules, want at most %d", len(rules), maxRules)
			}
			holdRules(t, find(t, load(t, w.Net.Module.Name), name), rules)
		})
	}
	listings, err := filepath.Glob("zoo/testdata/torchvision/*.txt")
	if err != nil || len(listings) < 20 {
		t.Fatalf("got %d listings (%v), want at least 20", len(listings), err)
	}
	for _, l := range listings {
		if name := strings.TrimSuffix(filepath.Base(l), ".txt"); sections[name] == nil {
			t.Errorf("no rules for %s", name)
		}
	}
}

// torchvision returns the weights sections of testdata/torchvision.net by net.
func torchvision(t *testing.T) map[string]*syntax.Weights {
	t.Helper()
	const path = "zoo/testdata/torchvision.net"
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	file, list := syntax.Parse(&diag.File{Name: path, Text: text})
	if list.HasErrors() {
		t.Fatal(list)
	}
	sections := map[string]*syntax.Weights{}
	for _, d := range file.Decls {
		w, ok := d.(*syntax.Weights)
		if !ok {
			t.Fatalf("%s holds more than weights", path)
		}
		sections[w.Net.Name.Name] = w
	}
	return sections
}

// holdRules matches one listing, whose lines are "name 64x3x7x7", with the states.
func holdRules(t *testing.T, n *check.Net, rules []*syntax.Rule) {
	t.Helper()
	shapes := map[string]string{}
	for _, s := range n.States {
		var dims []string
		for _, d := range sizes(t, s.Type) {
			dims = append(dims, strconv.FormatInt(d, 10))
		}
		shapes[s.Path] = strings.Join(dims, "x")
	}
	text, err := os.ReadFile("zoo/testdata/torchvision/" + n.Name + ".txt")
	if err != nil {
		t.Fatal(err)
	}
	from := map[string]string{}
	used := make([]bool, len(rules))
	for _, line := range strings.Split(strings.TrimSpace(string(text)), "\n") {
		name, shape, _ := strings.Cut(line, " ")
		var to []string
		skipped := false
		for i, r := range rules {
			path, ok := rename(t, r, name)
			if _, exists := shapes[path]; !ok || !r.Skip && !exists {
				continue
			}
			used[i] = true
			skipped = skipped || r.Skip
			to = append(to, path)
		}
		switch {
		case skipped:
		case len(to) != 1:
			t.Errorf("%s goes to %v, want one place", name, to)
		case shapes[to[0]] != shape:
			t.Errorf("%s is %s, but %s is %s", name, shape, to[0], shapes[to[0]])
		case from[to[0]] != "":
			t.Errorf("%s and %s both go to %s", name, from[to[0]], to[0])
		default:
			from[to[0]] = name
		}
	}
	for path := range shapes {
		if from[path] == "" {
			t.Errorf("nothing feeds %s", path)
		}
	}
	if i := slices.Index(used, false); i >= 0 {
		t.Errorf("the rule for %q matches nothing", rules[i].From)
	}
}

var hole = regexp.MustCompile(`\{([a-z]+)(?:\+([0-9]+))?\}|\*`)

// rename applies one rule of a weights section: {p} is a part without dots, {i+1}
// a number, * anything.
func rename(t *testing.T, r *syntax.Rule, name string) (string, bool) {
	t.Helper()
	var pattern strings.Builder
	at := 0
	holes := hole.FindAllStringSubmatchIndex(r.From, -1)
	for _, h := range holes {
		pattern.WriteString(regexp.QuoteMeta(r.From[at:h[0]]))
		switch {
		case r.From[h[0]] == '*':
			pattern.WriteString(`(.*)`)
		case h[4] >= 0:
			pattern.WriteString(`([0-9]+)`)
		default:
			pattern.WriteString(`([^.]+?)`)
		}
		at = h[1]
	}
	pattern.WriteString(regexp.QuoteMeta(r.From[at:]))
	m := regexp.MustCompile("^" + pattern.String() + "$").FindStringSubmatch(name)
	if m == nil {
		return "", false
	}
	values := map[string]string{}
	for i, h := range holes {
		key, value := "*", m[i+1]
		if h[2] >= 0 {
			key = r.From[h[2]:h[3]]
		}
		if h[4] >= 0 {
			n, _ := strconv.Atoi(value)
			offset, _ := strconv.Atoi(r.From[h[4]:h[5]])
			if n < offset {
				return "", false
			}
			value = strconv.Itoa(n - offset)
		}
		if old, twice := values[key]; twice && old != value {
			return "", false
		}
		values[key] = value
	}
	return hole.ReplaceAllStringFunc(r.To, func(h string) string {
		value, ok := values[strings.Trim(h, "{}")]
		if !ok {
			t.Fatalf("%s has nothing for %s", r.From, h)
		}
		return value
	}), true
}
