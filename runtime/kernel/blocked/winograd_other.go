//go:build !amd64 || purego

package blocked

import "github.com/netc-lang/netc/runtime/kernel"

func (a *winoInArgs) run(isa kernel.ISA, _ winoForm) { panic(noAssembly) }

func (a *winoOutArgs) run(isa kernel.ISA, _ winoForm) { panic(noAssembly) }

func (a *winoGemmArgs) run(isa kernel.ISA, rows, vecs int) { panic(noAssembly) }

func (a *winoInArgs) gradient(isa kernel.ISA, _ winoForm) { panic(noAssembly) }

func (a *winoDWArgs) run(isa kernel.ISA, rows, vecs int) { panic(noAssembly) }

func (a *winoWeightArgs) run(isa kernel.ISA, _ winoForm) { panic(noAssembly) }

func (a *winoPackArgs) run(winoForm) { panic(noAssembly) }

func (a *winoRowInArgs) run() { panic(noAssembly) }

func (a *winoRowOutArgs) run(isa kernel.ISA) { panic(noAssembly) }
