// Package memory gives every value of a scheduled function its place: inputs,
// states and constants where they are, everything else in one arena whose offsets
// are linear in the batch and valid for every batch size from 1 on. A function with
// other run-time sizes gets blocks with lifetimes instead; the session that knows the
// sizes packs them.
//
// A plan is made in three steps: values that may share storage become one block
// (blocks.go, in_place.go), blocks are packed (pack.go), and the result is compared with the
// bound that no plan of the same order can beat (plan.go). [Check] replays a plan
// byte by byte.
//
// Begin with [Run].
package memory
