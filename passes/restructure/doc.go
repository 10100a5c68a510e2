// Package restructure changes which instructions a function consists of, but not what
// it computes. Convolutions that read the same picture become one, and so do products
// that read the same matrix ([Siblings]). Transposes sink towards the end until they
// cancel or have less to move ([Transposes]).
//
// Results keep every bit, except where a reduction adds in another order.
//
// Begin with [Siblings] and [Transposes].
package restructure
