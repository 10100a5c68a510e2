// Package restructure changes which instructions a function consists of, not what it
// computes: convolutions of one picture and products of one matrix become one
// ([Siblings]), and transposes sink towards the end until they cancel or need to move
// less ([Transposes]).
//
// The laws hold for every bit, but where a reduction takes its sum in another order.
//
// Begin with [Siblings] and [Transposes].
package restructure
