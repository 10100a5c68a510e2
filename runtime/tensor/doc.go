// Package tensor holds the vocabulary types of the runtime: element types,
// shapes and dense arrays. It knows nothing of networks.
//
// Begin with [DType] and [Dense].
package tensor
