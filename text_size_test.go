package netc

import (
	"path"
	"regexp"
	"testing"
	"time"

	"github.com/netc-lang/netc/internal/diag"
	"github.com/netc-lang/netc/internal/testkit"
)

// shapePlan finds the plans of kernels, without where they stand.
var shapePlan = regexp.MustCompile(`(?:blocked|kernel)\.New\w+\(.*\)`)

// unfolded returns generated Go with each list in one line and nothing aligned.
func unfolded(file []byte) string {
	text := string(file)
	for _, r := range []struct{ from, to string }{{`([({])\n\t*`, "$1"}, {`,\n\t*([)}])`, "$1"}, {`,\n\t*`, ", "}, {`: +`, ": "}} {
		text = regexp.MustCompile(r.from).ReplaceAllString(text, r.to)
	}
	return text
}

// TestTextOfAModel holds what is written for networks of many distinct layers
// to 1 MB and 5 s of processors: layers are plans, some lines each, over kernels of the runtime (decision
// 0011), and only elementwise regions are assembly of the model.
func TestTextOfAModel(t *testing.T) {
	for _, row := range []struct {
		module, net string
		plans       int // at least
	}{{"efficientnet", "EfficientNetB0", 50}, {"resnet", "ResNet50", 25}} {
		s, err := Open(row.module, nil)
		if err != nil {
			t.Fatal(err)
		}
		var pkg *Package
		took := time.Hour
		for range 2 { // the better one; of processors, since the machine may be busy
			start := testkit.ProcessTime(t)
			var list diag.List
			if pkg, list, err = Compile(s, Options{Net: row.net, Initial: true}); err != nil || pkg == nil {
				t.Fatalf("%s: got %v and %v, want a package", row.net, err, list)
			}
			took = min(took, testkit.ProcessTime(t)-start)
		}
		text, plans := 0, map[string]bool{}
		for name, file := range pkg.Files {
			switch path.Ext(name) {
			case ".go", ".s":
				text += len(file)
				for _, p := range shapePlan.FindAllString(unfolded(file), -1) {
					plans[p] = true
				}
			}
		}
		t.Logf("%s: %d distinct plans, %d kB of text, %v", row.net, len(plans), text>>10, took)
		if len(plans) < row.plans || text > 1<<20 || took > 5*time.Second {
			t.Errorf("%s: got %d distinct plans, %d bytes of text after %v, want at least %d, at most 1 MiB within 5 s", row.net, len(plans), text, took, row.plans)
		}
	}
}
