// Package bench holds the main of the programs that `netc bench` and `netc profile` build
// from a generated package: it measures calls of a session, or attributes their time to the
// stages of the source.
//
// The time to the first answer is measured too, so the program links little beside the
// network: neither data sources nor the training loop. Package driver hands training
// steps to [Main].
//
// Begin with [Main].
package bench
