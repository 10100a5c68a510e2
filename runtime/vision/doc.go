// Package vision reads pictures and changes them: decoding with limits, colour,
// resampling, crops, flips, and the way to a tensor.
//
// A [Picture] is 8 bits a channel, rows from the top, channels interleaved; every
// operation rounds to 8 bits as Pillow does, so a network trained here sees the
// same numbers as one trained with torchvision. Operations are pure: they write to
// a picture of the caller and keep nothing, so any number of goroutines may use
// them, and a destination that is large enough is reused without allocation.
//
// Begin with [Decode] and [FromImage].
package vision
