// Package weights reads and writes named tensors: the safetensors files that hold
// trained weights and checkpoints, and the arrays of NumPy (reading only).
//
// Files are untrusted. A header is checked in full before any tensor is read:
// sizes never exceed the file, tensors neither overlap nor leave gaps, names are
// unique. Nothing is allocated that the size of the file does not justify.
// Written files are a function of their content alone, so equal weights are equal
// bytes, and replace an older file only when they are complete.
//
// Begin with [Read] and [Encode]; [WriteFileAtomic] serves any file.
package weights
