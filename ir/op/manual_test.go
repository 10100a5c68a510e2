package op

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/netc-lang/netc/internal/testkit"
)

// TestManualIsFresh compares docs/ops.md with the table; NETC_UPDATE=1 rewrites it.
func TestManualIsFresh(t *testing.T) {
	testkit.Fresh(t, filepath.Join("..", "..", "docs", "ops.md"), []byte(Manual()))
}

func TestSignature(t *testing.T) {
	for _, want := range []string{
		"relu(x) -> 1 result",
		"topk(x){k, axis=-1} -> 2 results",
		"concat(xs...){axis} -> 1 result",
		"update(value, lr?){state, rule=assign, momentum=0, nesterov=false, weight_decay=0, beta1=0, beta2=0, alpha=0, eps=0}",
		"fused(xs...) -> any results",
		"avgpool(x){kernel, stride=[1, 1], pad=[0, 0, 0, 0], ceil=false, count_pad=true} -> 1 result",
	} {
		name, _, _ := strings.Cut(want, "(")
		if got := Lookup(name).Signature(); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}
