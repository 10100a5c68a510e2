package passes

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/netc-lang/netc/internal/testkit"
	"github.com/netc-lang/netc/passes/simplify"
)

// proofs name, for each pass, the test that asserts its law: FOLDER:TestName, or NAME.ir of
// testdata, which TestGolden runs, compares and evaluates.
var proofs = map[string]string{
	"shape":             "passes:TestShapeRefuses",
	"simplify":          "passes/simplify:TestRules",
	"mode":              "mode.ir",
	"grad":              "passes/grad:TestVJP",
	"sink-transposes":   "passes/restructure:TestTransposesOnRandomNets",
	"simplify-backward": "passes/simplify:TestSoundOnRandomNets",
	"fold-bn":           "fold_bn.ir",
	"fuse-epilogue":     "fuse_epilogue.ir",
	"wrap-elementwise":  "passes:TestNothingElementwiseIsLeft",
	"fuse-elementwise":  "fuse_elementwise.ir",
	"recompute-masks":   "recompute_masks.ir",
	"choose":            "choose.ir",
	"merge-siblings":    "passes/restructure:TestSiblingsOnRandomNets",
	"gather-strides":    "gather_strides.ir",
	"fuse-norm":         "fuse_norm.ir",
	"scale-weights":     "scale_weights.ir",
	"recompute-norms":   "recompute_norms.ir",
	"setup":             "setup.ir",
	"schedule":          "passes/schedule:TestSearchFindsTheBest",
	"recompute":         "passes/recompute:TestLimitsAreKept",
	"chain":             "chain.ir",
	"group-images":      "group_images.ir",
	"group-channels":    "group_channels.ir",
	"limit-winograd":    "passes:TestLimitWinograd",
	"memory":            "passes/memory:TestPackIsValidAndNearItsBound",
	"parallel":          "parallel.ir",
}

// TestEveryPassHasAProof looks for the tests that proofs names.
func TestEveryPassHasAProof(t *testing.T) {
	for _, p := range Pipeline() {
		proof := proofs[p.Name]
		if name, ok := strings.CutSuffix(proof, ".ir"); ok {
			data, err := os.ReadFile(filepath.Join("testdata", proof))
			if first, _, _ := strings.Cut(string(data), "\n"); err != nil || !regexp.MustCompile(`[ :]`+p.Name+`( |$)`).MatchString(first) {
				t.Errorf("pass %s: got %v and the passes %q of testdata/%s.ir", p.Name, err, first, name)
			}
			continue
		}
		folder, name, _ := strings.Cut(proof, ":")
		files, _ := filepath.Glob(filepath.Join("..", folder, "*_test.go"))
		found := false
		for _, file := range files {
			data, err := os.ReadFile(file)
			found = found || err == nil && strings.Contains(string(data), "\nfunc "+name+"(t *testing.T)")
		}
		if !found {
			t.Errorf("pass %s: got no test %s in %s", p.Name, name, folder)
		}
	}
	if len(proofs) != len(table) {
		t.Errorf("got %d proofs of %d passes", len(proofs), len(table))
	}
}

const manualHead = `<!-- Generated from passes: NETC_UPDATE=1 go test -run TestManualIsFresh ./passes writes it. Do not edit. -->
# Passes

What becomes of a module between ` + "`lang/irgen`" + ` and ` + "`codegen`" + `, in running order: the table of
` + "`passes/pipeline.go`" + `. Each pass says in one line what it did (` + "`netc compile -v`" + `), shows its
work (` + "`netc compile --dump=html`" + `) and has a test of its own; the verifier runs between passes
under test. Optional ones make a program faster and are switched off by ` + "`--disable PASS`" + `; the
numbers stay. ` + "`TestEachPassSwitchedOff`" + ` of codegen/gogen does so with each of them, and
` + "`TestRandomNetworks`" + ` with all at once.
`

// manual is the pipeline as a Markdown page, docs/passes.md.
func manual() string {
	var b strings.Builder
	p := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	cell := strings.NewReplacer("|", `\|`).Replace
	b.WriteString(manualHead)
	p("\n| | pass | | law | asserted by |\n| --- | --- | --- | --- | --- |")
	for i, pass := range table {
		kind := "optional"
		if pass.Required {
			kind = "required"
		}
		proof := proofs[pass.Name]
		if !strings.HasSuffix(proof, ".ir") {
			proof = strings.Replace(proof, ":", " ", 1)
		} else {
			proof = "passes/testdata/" + proof
		}
		p("| %d | %s | %s | %s | %s |", i+1, pass.Name, kind, cell(pass.Law), proof)
	}
	p("\n## Why in this order\n")
	p("`init` panics where the table contradicts one of these.\n")
	p("| first | then | because |\n| --- | --- | --- |")
	for _, o := range orders {
		p("| %s | %s | %s |", o.first, o.then, cell(o.because))
	}
	p("\n## Rules of simplify\n")
	p("Tried on every instruction until none fires, at most eight times for each. Exact ones hold for")
	p("f32 arithmetic, bit for bit; the others for numbers. Each fires in a test on random values.\n")
	p("| rule | law | |\n| --- | --- | --- |")
	for _, r := range simplify.Rules() {
		exact := ""
		if r.Exact {
			exact = "exact"
		}
		p("| %s | `%s` | %s |", r.Name, cell(r.Law), exact)
	}
	return b.String()
}

// TestManualIsFresh compares docs/passes.md with the tables; NETC_UPDATE=1 rewrites it.
func TestManualIsFresh(t *testing.T) {
	testkit.Fresh(t, filepath.Join("..", "docs", "passes.md"), []byte(manual()))
}
