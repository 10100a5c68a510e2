// Package passtest makes random small networks and compares what functions
// compute: the soundness tests of passes and code generators share it. Only tests
// import it.
//
// Begin with [Random] and [Same].
package passtest
