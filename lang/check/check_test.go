package check

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/netc-lang/netc/internal/diag"
	"github.com/netc-lang/netc/lang/syntax"
	"github.com/netc-lang/netc/stdlib"
)

// disk reads modules from the standard library, then from files.
type disk struct{ dir string }

func (d disk) ReadModule(_, path string) (map[string][]byte, error) {
	if m, ok := stdlib.Module(path); ok {
		return m, nil
	}
	text, err := os.ReadFile(filepath.Join(d.dir, path+".net"))
	if err != nil {
		return nil, fmt.Errorf("no module %q", path)
	}
	return map[string][]byte{path + ".net": text}, nil
}

func (d disk) ReadFile(_, path string) ([]byte, error) {
	return os.ReadFile(filepath.Join(d.dir, path))
}

// checkText checks one file of text.
func checkText(t *testing.T, name, text string, ld Loader) (*Program, diag.List) {
	t.Helper()
	f, list := syntax.Parse(diag.NewFile(name, []byte(text)))
	if list.HasErrors() {
		t.Fatalf("%s does not parse:\n%s", name, list)
	}
	return Check([]*syntax.File{f}, ld)
}

func TestScratch(t *testing.T) {
	path := os.Getenv("SCRATCH")
	if path == "" {
		t.Skip()
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	p, list := checkText(t, filepath.Base(path), string(text), disk{filepath.Dir(path)})
	fmt.Print(list)
	for _, n := range p.Nets {
		if n.Infer == nil {
			continue
		}
		params, _ := countParams(n.States)
		fmt.Println("net", n.Name, params)
		if params < 100000 {
			for _, s := range n.States {
				fmt.Println("  ", s.Path, s.Type, s.Init, s.NoDecay)
			}
			dump(n.Infer)
		}
	}
	for _, d := range p.Data {
		fmt.Printf("data %+v\n", *d)
	}
	for _, tr := range p.Trains {
		fmt.Printf("train %+v\n", *tr)
		dump(tr.Loss)
	}
	for _, pr := range p.Predicts {
		fmt.Printf("predict %+v\n", *pr)
		dump(pr.Graph)
	}
	for _, te := range p.Tests {
		fmt.Println("test", te.Name, te.Passed, te.Failures)
	}
}

func dump(g *Graph) {
	id := map[*Tensor]string{}
	for _, in := range g.Inputs {
		id[in] = "%" + in.Name
		fmt.Println("  in", in.Name, in.Type)
	}
	for i, c := range g.Calls {
		fmt.Printf("  ")
		for k, o := range c.Outs {
			id[o] = fmt.Sprintf("%%%d.%d", i, k)
			fmt.Print(id[o], ":", o.Type, " ")
		}
		fmt.Print("= ", c.Op.Name)
		for _, a := range c.Args {
			fmt.Print(" ", id[a])
		}
		fmt.Println("  ", c.Attrs, "@", c.Span.Pos(), c.Stage)
	}
	for _, o := range g.Outputs {
		fmt.Println("  out", o.Name, id[o.Value], o.Value.Type)
	}
}
