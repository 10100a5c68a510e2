// Package tune measures the algorithms among which there is a choice, on this machine,
// for every distinct operation of a module, and notes the fastest.
//
// A candidate is compared with the plain loops that define the result before it is
// timed: its result is full of NaN at first, so that a kernel which leaves a row out is
// not the fastest but wrong. The candidates of an operation are timed in turn, so that
// a change of clock meets all of them; what counts is the best of the rounds, since
// neighbours only ever slow a call down.
//
// Begin with [Run].
package tune
