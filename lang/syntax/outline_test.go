package syntax

import (
	"reflect"
	"sync"
	"testing"

	"github.com/netc-lang/netc/internal/diag"
)

// An outline's declarations are those of the parsed file, whatever the order in which
// they are asked for.
func TestOutline(t *testing.T) {
	for path, src := range readPrograms(t) {
		file, _ := Parse(src)
		o, problems := NewOutline(src)
		if problems.HasErrors() {
			t.Errorf("%s: %v", path, problems)
		}
		want := map[string]Decl{}
		var names []string
		for _, d := range file.Decls {
			if n := declared(d); n != "" {
				want[n] = d
				names = append(names, n)
			}
		}
		if len(names) != len(o.Names()) {
			t.Errorf("%s: got the names %v, want %v", path, o.Names(), names)
		}
		var work sync.WaitGroup
		for i := range names {
			name := names[len(names)-1-i]
			work.Go(func() {
				d, list := o.Decl(name)
				if len(list) > 0 || !reflect.DeepEqual(d, want[name]) {
					t.Errorf("%s: `%s` differs from the parsed file; %v", path, name, list)
				}
			})
		}
		work.Wait()
		if d, list := o.Decl("Absent"); d != nil || list != nil {
			t.Errorf("got %v, %v for a name that is not there", d, list)
		}
	}
}

// What is wrong is told with the declaration that holds it, and every time it is
// asked for.
func TestOutlineTellsMistakesWithTheirDeclaration(t *testing.T) {
	o, problems := NewOutline(diag.NewFile("x.net", []byte("package p\n\nconst A = 1 +\n\nconst B = 2\n")))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	if d, list := o.Decl("B"); d == nil || len(list) > 0 {
		t.Errorf("got %v, %v for a correct declaration", d, list)
	}
	for range 2 {
		if _, list := o.Decl("A"); codes(list) != "E0102" {
			t.Errorf("got %q, want E0102", codes(list))
		}
	}
	if _, problems := NewOutline(diag.NewFile("x.net", []byte{0xff})); codes(problems) != "E0155" {
		t.Errorf("got %q for what is no text, want E0155", codes(problems))
	}
}

func declared(d Decl) string {
	switch d := d.(type) {
	case *Const:
		return d.Name.Name
	case *Classes:
		return d.Name.Name
	case *Block:
		return d.Name.Name
	case *Data:
		return d.Name.Name
	}
	return ""
}
