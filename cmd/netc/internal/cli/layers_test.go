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
				switch {
				case l.Chosen == "winogradrow":
					names = []string{"stem", "winogradrow"}
				case l.Ways[1].Name == "strassen":
					names = []string{"direct", "strassen"}
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
	if ways[4] != 13 || ways[2] != 6 { // 3x3 of stride 1, of stride 2, which has one transform, the stem, and 1x1 of even rows
		t.Errorf("ResNet18: got layers by ways %v, want 13 with four and 6 with two", ways)
	}
	quarters := 0
	for _, l := range find("resnet", "ResNet50") {
		if len(l.Ways) == 2 && l.Ways[1].Name == "strassen" {
			if direct, strassen := l.Ways[0], l.Ways[1]; direct.Products != l.MACs || strassen.Products != l.MACs/8*7 || strassen.Weights != direct.Weights {
				t.Errorf("%s: got the ways %+v, want seven products of eight and the same weights", l.Stage, l.Ways)
			}
			quarters++
		}
	}
	if quarters < 20 { // all 1x1 but those of 7x7 pixels, whose rows and columns are odd
		t.Errorf("ResNet50: got %d layers that Strassen's algorithm computes, want 20 or more", quarters)
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
