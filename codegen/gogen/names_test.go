package gogen

import (
	"strings"
	"testing"

	"github.com/netc-lang/netc/ir"
)

func TestIdentifiers(t *testing.T) {
	for _, row := range []struct{ text, exported, unexported, field string }{
		{"LeNet", "LeNet", "leNet", "leNet"},
		{"conv_2.weight", "Conv2Weight", "conv2Weight", "conv2Weight"},
		{"stage[2][0].conv1.conv.weight", "Stage20Conv1ConvWeight", "stage20Conv1ConvWeight", "stage20Conv1ConvWeight"},
		{"golden retriever", "GoldenRetriever", "goldenRetriever", "goldenRetriever"},
		{"HTTPHead", "HTTPHead", "httpHead", "httpHead"},
		{"UNet", "UNet", "uNet", "uNet"},
		{"RGB", "RGB", "rgb", "rgb"},
		{"7", "X7", "x7", "x7"},
		{"Äpfel & Birnen", "ÄpfelBirnen", "äpfelBirnen", "äpfelBirnen"},
		{"type", "Type", "typeValue", "typeValue"},
		{"image", "Image", "imageValue", "image"},
		{"n", "N", "nValue", "n"},
		{"len", "Len", "lenValue", "len"},
		{"--", "", "xValue", "x"},
		{"日本", "", "日本", "日本"},
	} {
		if got := exported(row.text); got != row.exported {
			t.Errorf("exported(%q): got %q, want %q", row.text, got, row.exported)
		}
		if got := unexported(row.text); got != row.unexported {
			t.Errorf("unexported(%q): got %q, want %q", row.text, got, row.unexported)
		}
		if got := fieldName(row.text); got != row.field {
			t.Errorf("fieldName(%q): got %q, want %q", row.text, got, row.field)
		}
	}
}

func TestUniqueNames(t *testing.T) {
	s := newScope()
	for _, want := range []string{"conv", "conv2", "conv3"} {
		if got := s.unique("conv"); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	if got := s.unique("conv2"); got != "conv2x2" {
		t.Errorf("got %q, want conv2x2: conv22 would read as stage 22", got)
	}
}

// TestClashes asserts that two things of the source that would be one Go name
// are an error that names both.
func TestClashes(t *testing.T) {
	for _, row := range []struct {
		name  string
		wreck func(m *ir.Module)
		want  []string
	}{
		{"labels", func(m *ir.Module) { m.Sets[1].Labels[3] = "no-one"; m.Sets[1].Labels[4] = "no one" }, []string{`"no-one"`, `"no one"`, "DigitNoOne"}},
		{"label and set", func(m *ir.Module) {
			m.Sets = append(m.Sets, &ir.IndexSet{Name: "Digit0", Labels: []string{"a"}})
		}, []string{`label "0" of classes Digit`, "classes Digit0"}},
		{"set and net", func(m *ir.Module) { m.Sets[1].Name = "LeNet" }, []string{"classes LeNet", "net LeNet"}},
		{"label without letters", func(m *ir.Module) { m.Sets[1].Labels[2] = "?!" }, []string{"label 2 of classes Digit", `"?!"`}},
		{"output and method", func(m *ir.Module) { m.Funcs[0].Results[0].Name = "run" }, []string{"output run of net LeNet", "method Run"}},
		{"output and input", func(m *ir.Module) { m.Funcs[0].Results[0].Name = "image" }, []string{"input image of net LeNet", "output image of net LeNet"}},
		{"prediction fields", func(m *ir.Module) {
			m.Predicts[0].Outputs[1].Name = "digit_"
			m.Funcs[1].Results[1].Name = "digit_"
		}, []string{"output digit of predict", "output digit_ of predict"}},
	} {
		m := lenet()
		row.wreck(m)
		_, err := Package(plan(t, m), Options{Package: "lenet", Name: "lenet"})
		if err == nil {
			t.Errorf("%s: got no error, want one", row.name)
			continue
		}
		for _, part := range row.want {
			if !strings.Contains(err.Error(), part) {
				t.Errorf("%s: got %q, want it to contain %q", row.name, err, part)
			}
		}
	}
}

func TestPackageNames(t *testing.T) {
	m := plan(t, lenet())
	for _, row := range []struct{ pkg, stem, want string }{
		{"my-net", "a", "cannot be the name of a Go package"},
		{"func", "a", "cannot be the name of a Go package"},
		{"_", "a", "cannot be the name of a Go package"},
		{"ok", "_a", "cannot begin the names of Go files"},
		{"ok", "", "cannot begin the names of Go files"},
		{"ok", "my net", "cannot begin the names of Go files"},
		{"ok", "a*b", "cannot begin the names of Go files"},
	} {
		if _, err := Package(m, Options{Package: row.pkg, Name: row.stem}); err == nil || !strings.Contains(err.Error(), row.want) {
			t.Errorf("package %q, file %q: got %v, want an error with %q", row.pkg, row.stem, err, row.want)
		}
	}
}
