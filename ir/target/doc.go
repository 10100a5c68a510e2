// Package target describes the machine that code is compiled for: what it can
// do and how large its caches are. It knows nothing of networks.
//
// Begin with [Desc] and [Default].
package target
