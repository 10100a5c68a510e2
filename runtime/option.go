package nrt

import (
	"io"

	"github.com/netc-lang/netc/runtime/kernel"
)

// Options is what a list of Option says. The zero value means the embedded
// weights and as many threads as Go may use.
type Options struct {
	Weights io.Reader // a safetensors file; nil for the embedded one
	Threads int       // less than 1: one per processor

	SharedWeights bool // embedded weights stay in the pages of the program's file
}

// Option changes how a generated constructor makes a network.
type Option func(*Options)

// Weights makes the network use the safetensors file that r holds in place of the
// embedded one. Every weight of the network must be in it with its shape.
func Weights(r io.Reader) Option { return func(o *Options) { o.Weights = r } }

// Threads sets the number of threads of one call, the caller's included. Results
// are the same bits for any number.
func Threads(n int) Option { return func(o *Options) { o.Threads = n } }

// SharedWeights leaves the weights that are compiled in where they lie, in pages that all
// processes of the program share. Without it a network that is called often copies them to
// large pages of its own, or to whole cache lines, which is some per cent faster (Linux only).
func SharedWeights() Option { return func(o *Options) { o.SharedWeights = true } }

// Resolve applies opts in order.
//
// Errors: [kernel.SelectionError].
func Resolve(opts []Option) (Options, error) {
	var o Options
	for _, apply := range opts {
		apply(&o)
	}
	return o, kernel.SelectionError()
}
