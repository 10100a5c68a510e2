// Package augment is the table of preparation steps: what `augment`, `eval` and
// `prep` lines of a data section do to a sample.
//
// A step is a pure function of the sample and a random source. The source is
// seeded per sample, so a step's result depends on nothing but the sample, the
// seed and the steps before it. Neighbouring geometric steps are composed into
// one map and resampled once, which keeps fine lines sharp and costs one pass.
//
// Begin with [Compile].
package augment
