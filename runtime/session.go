package nrt

import (
	"runtime"

	"github.com/netc-lang/netc/runtime/kernel"
	"github.com/netc-lang/netc/runtime/parallel"
)

// Context returns the kernel context of a session: a pool of threads of its own
// (less than 1 means one per processor) that ends with Close of the pool, or when
// owner is no longer reachable.
func Context[T any](owner *T, threads int) *kernel.Ctx {
	pool := parallel.New(threads)
	runtime.AddCleanup(owner, (*parallel.Pool).Close, pool)
	return kernel.NewCtx(pool)
}
