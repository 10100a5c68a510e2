// Package testkit is what tests of several rooms share: golden files, guarded memory,
// test data, and the import rule of the repository. Nothing but tests imports it.
package testkit
