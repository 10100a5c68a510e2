// Package data turns records on disk into batches of tensors.
//
// A [Spec] is the data section of a .net file as generated code writes it. [Open]
// finds its source, [NewPipeline] prepares single records, and a [Loader] prepares
// whole batches ahead in the background. Order and bits of the batches depend on
// the seed and the epoch alone, never on the number of workers or on timing.
//
// Begin with [Spec] and [NewLoader].
package data
