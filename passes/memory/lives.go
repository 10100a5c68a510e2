package memory

import "github.com/netc-lang/netc/ir"

// Life is storage that one or more values share, with the steps of the function from
// the one that first writes it to the last that reads it; that of results is as long as
// the function.
type Life struct {
	Values      []*ir.Value
	First, Last int
	Bytes       int64
}

// Lives returns the storage that the arena of f, which is [Linear] and has no segments,
// would hold for a batch of n, in order of definition. It leaves f as it was.
//
// Errors: those of [Run].
func Lives(f *ir.Func, n, align int64) ([]Life, error) {
	defer restore(f)()
	batch, _ := batchSymbol(f)
	blocks, err := collect(f, batch, false, align)
	if err != nil {
		return nil, err
	}
	lives := make([]Life, len(blocks))
	for i, b := range blocks {
		lives[i] = Life{Values: b.values, First: b.first, Last: b.last, Bytes: b.size.scaled*n + b.size.fixed}
	}
	return lives, nil
}
