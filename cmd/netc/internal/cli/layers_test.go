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
		return layers(built.Module, built.Tuning)
	}
	count, ways := map[string]int{}, map[int]int{}
	for _, l := range find("resnet", "ResNet18") {
		count[l.Chosen]++
		if l.Func == "" || l.Stage == "" || l.MACs <= 0 || l.Bytes <= 0 || len(l.Ways) == 0 && l.Why == "" {
			t.Errorf("got %+v", l)
		}
		if len(l.Ways) > 0 {
			ways[len(l.Ways)]++
			for i, w := range l.Ways {
				names := []string{"direct", "winograd2", "winograd3", "winograd4"}
				if l.Chosen == "winogradrow" {
					names = []string{"stem", "winogradrow"}
				}
				if w.Name != names[i] || w.Products <= 0 || w.Weights <= 0 {
					t.Errorf("%s: got %+v as the way %d", l.Stage, w, i)
				}
			}
			if l.Ways[0].Products != l.MACs {
				t.Errorf("%s: got %d products of the direct algorithm, want the %d of the definition", l.Stage, l.Ways[0].Products, l.MACs)
			}
		}
	}
	if count["winogradrow"] != 1 || count["winograd4"]+count["winograd3"]+count["winograd2"] < 10 || count["gemm"] != 1 {
		t.Errorf("ResNet18: got %v", count)
	}
	if ways[4] != 13 || ways[2] != 4 { // 3x3 of stride 1, of stride 2, which has one transform, and the stem
		t.Errorf("ResNet18: got layers by ways %v, want 13 with four and 4 with two", ways)
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
	late := 0
	for _, l := range find("unet", "UNet") { // for pictures of any size
		if l.Chosen == "winograd4" && strings.Contains(l.Why, "256 pixels") && len(l.Ways) == 4 {
			late++
		}
		if l.Chosen == "plain" {
			t.Errorf("UNet: got %+v, want a layer on blocks of channels", l)
		}
	}
	if late < 10 {
		t.Errorf("UNet: got %d layers by F(4, 3), want 10 or more", late)
	}
}
