package check

import (
	"testing"

	"github.com/netc-lang/netc/lang/syntax"
)

// Every declaration of the prelude parses, also those that no program of the tests
// uses: a check parses only what it needs.
func TestPreludeParses(t *testing.T) {
	l := theLibrary()
	if len(l.files) < 80 || len(l.parts) == 0 {
		t.Fatalf("got %d names, %d of them internal", len(l.files), len(l.parts))
	}
	for name, o := range l.files {
		d, problems := o.Decl(name)
		if len(problems) > 0 {
			t.Errorf("`%s`: %v", name, problems)
		}
		if b, ok := d.(*syntax.Block); !ok || b.Name.Name != name {
			t.Errorf("`%s` is declared as %T", name, d)
		}
	}
}
