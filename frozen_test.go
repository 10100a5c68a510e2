package netc

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/netc-lang/netc/ir"
	"github.com/netc-lang/netc/lang/irgen"
)

const transfer = `package pets

import "resnet"

classes Pet = labels(0..37)

net PetNet : (image: f32[N, RGB, 64, 64]) -> (logits: f32[N, Pet])
  = image |> resnet.Features(resnet.Basic, [2, 2, 2, 2]) as backbone |> global_avgpool |> dense(Pet) as head

data Pets {
  source = folders("pets")
  sample (image: u8[64, 64, RGB], label: Pet)
  prep image = image |> chw
}

train PetNet on Pets {
  loss = cross_entropy(logits, label); batch = 16
  phase warm { epochs = 1; freeze backbone; optimizer = sgd(lr=0.1) }
  phase tune { epochs = 1; freeze backbone.stem, backbone.stage[0], backbone.stage[1]; optimizer = sgd(lr=0.1) }
  phase all { epochs = 1; optimizer = sgd(lr=0.1) }
}
`

// TestFrozenPartsHaveNoBackward: a step computes no gradient in a frozen part and changes
// nothing of it, its norms use the statistics that they have, and what the part computes
// is not kept for the way back.
func TestFrozenPartsHaveNoBackward(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pets.net")
	if err := os.WriteFile(path, []byte(transfer), 0o666); err != nil {
		t.Fatal(err)
	}
	s, err := Open(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	p, list := s.Check()
	if p == nil {
		t.Fatal(list)
	}
	m := irgen.Module(p)
	if err := Lower(m, Options{Verify: true}); err != nil {
		t.Fatal(err)
	}
	backward := []string{"conv_dx", "conv_dw", "bn_train", "bn_again", "bn_dx", "maxpool_dx", "update"}
	arena := map[string]int64{} // bytes that an image more takes
	for _, train := range m.Trains {
		i := slices.IndexFunc(m.Funcs, func(f *ir.Func) bool { return f.Name == train.Loss })
		f := m.Funcs[i]
		for n, sign := range map[int64]int64{64: 1, 63: -1} {
			bytes, err := f.Memory.Arena.Eval(map[string]int64{"N": n})
			if err != nil {
				t.Fatal(err)
			}
			arena[train.Phase] += sign * bytes
		}
		frozen := map[string][]string{
			"warm": {"backbone."}, "tune": {"backbone.stem.", "backbone.stage[0]", "backbone.stage[1]"}, "all": nil,
		}[train.Phase]
		gradients, forward := map[bool]int{}, 0
		for _, in := range f.Instrs {
			stage := in.Stage
			if name := in.Attrs.String("state"); in.Op.Name == "update" {
				stage = name
			}
			of := slices.ContainsFunc(frozen, func(part string) bool { return strings.HasPrefix(stage, part) })
			if of && in.Op.Name == "conv" {
				forward++
			}
			if slices.Contains(backward, in.Op.Name) {
				gradients[of]++
				if of {
					t.Errorf("phase %s: got %s of %s, which is frozen", train.Phase, in.Op.Name, stage)
				}
			}
		}
		if gradients[false] == 0 || forward == 0 && frozen != nil {
			t.Errorf("phase %s: got %d gradients and %d frozen convolutions, want some", train.Phase, gradients[false], forward)
		}
	}
	if len(arena) != 3 || arena["warm"]*4 > arena["all"] || arena["tune"]*3 > arena["all"]*2 {
		t.Errorf("an image takes %v bytes, want a quarter of all at most where the backbone is frozen, two thirds where half of it is", arena)
	}
}
