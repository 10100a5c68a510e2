// Package simplify rewrites functions into the same functions with less work:
// constants are folded, equal instructions merged, unread ones dropped, and the
// rules of one table applied until none fires.
//
// A rule is a named law with one test that it fires. All laws hold for real
// numbers; those marked Exact hold for every bit of f32 arithmetic as well, up to
// the sign of zero. Work is bounded: at most eight rewrites for each instruction
// of the function.
//
// Begin with [Run] and [Rules].
package simplify
