package gogen

import (
	"fmt"
	"math"
	"strings"
	"testing"
)

// TestBench builds the programs that measure a net and runs them: they compile,
// the batch arrives, and the operations they count are those of LeNet.
func TestBench(t *testing.T) {
	if testing.Short() {
		t.Skip("builds programs")
	}
	const macs = 416520
	m := plan(t, lenet())
	files, err := Package(m, Options{Package: "lenet", Name: "lenet", Version: "v0.0.0", Train: true, Weights: encode(t, m, randomStates(m))})
	if err != nil {
		t.Fatal(err)
	}
	w := newWorkspace(t)
	w.add("model", files)
	for _, tt := range []struct {
		name  string
		main  func() (string, error)
		args  []string
		batch float64
		macs  float64 // of one image
	}{
		{"infer", func() (string, error) { return BenchMain(m, "", "example.com/user/model") }, []string{"-threads", "1"}, 1, macs},
		{"train", func() (string, error) { return BenchTrainMain(m, "LeNet", "example.com/user/model") }, []string{"-batch", "12"}, 12, 3 * macs},
	} {
		main, err := tt.main()
		if err != nil {
			t.Fatal(err)
		}
		w.write("cmd/"+tt.name+"/main.go", []byte(main))
		w.run(nil, "vet", "./cmd/"+tt.name)
		out := w.exec(nil, w.build("./cmd/"+tt.name), append(tt.args, "-json", "-time", "20ms")...)
		got := decode[map[string]any](t, out)
		number := func(name string) float64 { x, _ := got[name].(float64); return x }
		if number("batch") != tt.batch || got["net"] != "LeNet" {
			t.Errorf("%s: got batch %v of %v, want %v of LeNet", tt.name, got["batch"], got["net"], tt.batch)
		}
		ops, want := number("gflops")*number("ms_median")*1e6, 2*tt.macs*tt.batch
		if math.Abs(ops-want) > 1e-6*want {
			t.Errorf("%s: got %.0f operations a call, want %.0f", tt.name, ops, want)
		}
	}
	for _, dep := range strings.Fields(w.run(nil, "list", "-deps", "./cmd/infer")) {
		switch strings.TrimPrefix(dep, root) {
		case "runtime/data", "runtime/train", "runtime/driver":
			t.Errorf("a program that measures a net in use links %s, which its start pays for", dep)
		}
	}
}

func TestBenchChoosesNet(t *testing.T) {
	m := plan(t, zoo())
	for _, tt := range []struct{ what, err string }{
		{"Absent", "has no net of Absent; it has Zoo"},
		{"Zoo", ""},
		{"", ""},
	} {
		_, err := BenchMain(m, tt.what, "x/model")
		if (err == nil) != (tt.err == "") || err != nil && !strings.Contains(err.Error(), tt.err) {
			t.Errorf("%q: got error %v, want %q", tt.what, err, tt.err)
		}
	}
	if _, err := BenchTrainMain(m, "", "x/model"); err == nil || !strings.Contains(err.Error(), "has no train section") {
		t.Errorf("got error %v, want one about the train section", err)
	}
}

// TestProfileNamesUpdates looks for the line of the optimiser: its call changes weights of
// many stages, and is marked where it runs.
func TestProfileNamesUpdates(t *testing.T) {
	m := plan(t, lenet())
	main, err := ProfileMain(m, "LeNet", "x/model", true)
	if err != nil {
		t.Fatal(err)
	}
	files, err := Package(m, Options{Package: "lenet", Name: "lenet", Train: true, Profile: true, Weights: encode(t, m, randomStates(m))})
	if err != nil {
		t.Fatal(err)
	}
	_, rows, _ := strings.Cut(main, "var stages = []bench.Stage{\n")
	last, row := -1, ""
	for i, line := range strings.Split(rows, "\n") {
		if strings.Contains(line, `Stage: "update of `) {
			last, row = i, line
		}
	}
	if !strings.Contains(row, `Stage: "update of 5 states"`) || !strings.Contains(row, "momentum") {
		t.Errorf("got %q for the updates", row)
	}
	step := string(files["train/train_net_step.go"])
	_, behind, ok := strings.Cut(step, fmt.Sprintf("nrt.Profile(%d)\n", last))
	if !ok || !strings.Contains(strings.SplitN(behind, "nrt.Profile", 2)[0], "kernel.SGD(") {
		t.Errorf("the updates are not marked as instruction %d", last)
	}
}
