// Package train runs the training of a generated network: epochs and schedules,
// validation, checkpoints, progress and interruption.
//
// A [Program] is what the generated train package hands over: the settings of the
// train section, the data section, and a constructor of the [Model] that computes
// steps. [Run] does the rest. A run is a function of the program, the data and the
// seed: repeated, resumed from a checkpoint or on another number of threads, it
// leaves the same weights file, byte for byte.
//
// Begin with [Run].
package train
