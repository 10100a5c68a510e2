package nrt

import (
	"fmt"
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

// Refused, deferred, makes an error of the panic of a kernel about an index that a caller
// gave, such as the number of a word which a table does not have. who is the network.
func Refused(who string, err *error) {
	switch r := recover().(type) {
	case nil:
	case *kernel.IndexError:
		*err = fmt.Errorf("%s: %w", who, r)
	default:
		panic(r)
	}
}
