package ir_test

import (
	"os"
	"strings"
	"testing"

	"github.com/netc-lang/netc/ir"
	"github.com/netc-lang/netc/ir/text"
)

// TestJoints gives the verifier joints of the network that the parallel pass is tested
// with.
func TestJoints(t *testing.T) {
	source, err := os.ReadFile("../passes/testdata/parallel.golden")
	if err != nil {
		t.Fatal(err)
	}
	_, module, _ := strings.Cut(string(source), "\nmodule ") // behind the notes of passes
	m, err := text.Parse("module " + module)
	if err != nil {
		t.Fatal(err)
	}
	f := m.Funcs[0]
	for _, row := range []struct {
		joints []ir.Joint
		want   string
	}{
		{[]ir.Joint{{First: 8, Last: 9}}, ""},
		{[]ir.Joint{{First: 6, Last: 7}}, "%8 is written over %6"},
		{[]ir.Joint{{First: 8, Last: 10}}, "%11 is written over %9"},
		{[]ir.Joint{{First: 5, Last: 6}}, "relayout cannot be joined"},
		{[]ir.Joint{{First: 8, Last: 9}, {First: 9, Last: 10}}, "inside the one before"},
		{[]ir.Joint{{First: 10, Last: 10}}, "are no run"},
		{[]ir.Joint{{First: 10, Last: 13}}, "are no run"},
	} {
		f.Joints = row.joints
		switch err := ir.Verify(m); {
		case row.want == "" && err != nil:
			t.Errorf("%v: got %v, want no error", row.joints, err)
		case row.want != "" && (err == nil || !strings.Contains(err.Error(), row.want)):
			t.Errorf("%v: got %v, want %q", row.joints, err, row.want)
		}
	}
}
