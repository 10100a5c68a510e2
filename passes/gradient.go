package passes

import (
	"fmt"

	"github.com/netc-lang/netc/ir"
	"github.com/netc-lang/netc/ir/target"
	"github.com/netc-lang/netc/passes/grad"
)

// gradient runs the grad pass and counts what it wrote.
func gradient(m *ir.Module, t target.Desc) (string, error) {
	if err := grad.Run(m, t); err != nil {
		return "", err
	}
	steps, instrs := 0, 0
	for _, f := range m.Funcs {
		if f.Kind == ir.TrainStep {
			steps++
			instrs += len(f.Instrs)
		}
	}
	return fmt.Sprintf("%d training steps of %d instructions", steps, instrs), nil
}
