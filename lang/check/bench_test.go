package check

import "testing"

func BenchmarkResNets(b *testing.B) {
	for b.Loop() {
		if _, list := checkFile(b, "../syntax/testdata/programs/2_resnet.net"); list.HasErrors() {
			b.Fatal(list)
		}
	}
}
