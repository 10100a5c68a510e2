// Package check decides whether a module means something, and what: it resolves
// names, evaluates compile-time values exactly, inlines blocks, unrolls loops,
// infers the type of every tensor through the op table, and names stages and
// weights. Its result, a [Program], has no syntax left in it but positions.
//
// The checker is an abstract interpreter. Nets are run once with training false
// and once with training true on tensors that have a type and no numbers; every
// operation they meet is recorded in a [Graph]. Layers are ordinary blocks,
// declared in the prelude (stdlib/prelude); what a block cannot say is a builtin
// (builtins.go).
//
// A mistake is reported once, where the user made it, and then travels on as a
// poisoned value that silences everything that depends on it. Nothing a source
// says can make the checker panic or run for ever: see limits.go.
//
// Begin with [Check].
package check
