package cli

import (
	"strings"
	"testing"

	"github.com/netc-lang/netc"
	"github.com/netc-lang/netc/ir/viz"
)

// TestLayers looks at the algorithms of ResNet-18 and of MobileNetV2, as the page of
// `netc compile --dump=html` tells them.
func TestLayers(t *testing.T) {
	find := func(module, net string) []viz.Layer {
		s, err := netc.Open(module, nil)
		if err != nil {
			t.Fatal(err)
		}
		built, list, err := netc.Compile(s, netc.Options{Net: net, Weights: "seeded"})
		if err != nil || built == nil {
			t.Fatal(err, list)
		}
		return layers(built.Module)
	}
	count := map[string]int{}
	for _, l := range find("resnet", "ResNet18") {
		count[l.Chosen]++
		if l.Func == "" || l.Stage == "" || l.MACs <= 0 || l.Bytes <= 0 || len(l.Ways) == 0 && l.Why == "" {
			t.Errorf("got %+v", l)
		}
		if len(l.Ways) > 0 {
			for i, name := range []string{"direct", "winograd2", "winograd4"} {
				if w := l.Ways[i]; w.Name != name || w.Products <= 0 || w.Weights <= 0 {
					t.Errorf("%s: got %+v, want %s", l.Stage, w, name)
				}
			}
			if l.Ways[0].Products != l.MACs {
				t.Errorf("%s: got %d products of the direct algorithm, want the %d of the definition", l.Stage, l.Ways[0].Products, l.MACs)
			}
		}
	}
	if count["stem"] != 1 || count["winograd4"]+count["winograd2"] < 10 || count["gemm"] != 1 {
		t.Errorf("ResNet18: got %v", count)
	}
	depthwise := 0
	for _, l := range find("mobilenet", "MobileNetV2") {
		if l.Chosen == "depthwise" && strings.Contains(l.Why, "one algorithm") {
			depthwise++
		}
	}
	if depthwise != 17 {
		t.Errorf("MobileNetV2: got %d depthwise layers, want 17", depthwise)
	}
}
