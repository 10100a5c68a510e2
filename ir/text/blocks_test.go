package text

import (
	"strings"
	"testing"
)

const late = `module a "a.net" planned

func @f infer F (%x: f32[N, H, W] mem=input+0:4*H*N*W) -> (y: f32[N, H, W]) where H % 4 == 0, N >= 1 blocks 64 [4*H*N*W:0..1, 4*H*N*W:1..2] {
  %1 = tanh %x : f32[N, H, W] mem=arena#1:4*H*N*W
  %2 = softmax %1 {axis=2} : f32[N, H, W] mem=arena#2+16*H*W:4*H*N*W^32*H*W
  return %2
}
`

// TestBlocks: a plan of blocks comes back as it was.
func TestBlocks(t *testing.T) {
	m, err := Parse(late)
	if err != nil {
		t.Fatal(err)
	}
	f := m.Funcs[0]
	if len(f.Memory.Blocks) != 2 || f.Memory.Align != 64 || f.Instrs[1].Outs[0].Mem.Block != 2 {
		t.Fatalf("got %+v, want two blocks and the second result inside the second", *f.Memory)
	}
	printed := Print(m)
	again, err := Parse(printed)
	if err != nil {
		t.Fatal(err)
	}
	if at := f.Instrs[1].Outs[0].Mem; at.Offset.String() != "16*H*W" || at.Step.String() != "32*H*W" {
		t.Errorf("got %+v, want an offset and a step", at)
	}
	if Print(again) != printed || !strings.Contains(printed, "arena#2+16*H*W:4*H*N*W^32*H*W") || !strings.Contains(printed, "blocks 64 [4*H*N*W:0..1, 4*H*N*W:1..2]") {
		t.Errorf("got other text after a round trip:\n%s", printed)
	}
	for _, bad := range []string{"blocks 0 [", "blocks 64 [] {", "blocks 64 [4*H 0..1] {", "blocks 64 [4*H:0] {"} {
		at := strings.Index(late, "blocks 64 [")
		end := strings.Index(late, "{\n")
		text := late[:at] + bad + late[end:]
		if _, err := Parse(text); err == nil {
			t.Errorf("%s: got no error, want one", bad)
		}
	}
}
