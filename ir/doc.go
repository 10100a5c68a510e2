// Package ir is the intermediate representation: modules of functions in SSA
// form over the operations of ir/op.
//
// One representation passes through three stages, checked by [Verify]: graph
// (mathematics), scheduled (layouts and fused work chosen) and planned (memory
// assigned). Functions have one basic block and no control flow. Begin with
// [Module] and [Builder].
package ir
