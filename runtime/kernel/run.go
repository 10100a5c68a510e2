package kernel

import "github.com/netc-lang/netc/runtime/parallel"

// Run does the chunks of t on the threads of the session, or on the caller alone
// when work is too little to share. Generated code runs a model's own kernels by
// it. work counts multiply-adds, or floats touched times four; chunks must depend
// on sizes only, so that results never depend on the number of threads.
func (c *Ctx) Run(chunks, work int, t parallel.Task) { c.run(chunks, work, t) }
