// Package memory makes the large areas of a network: weights, arenas, scratch memory and
// files of weights. They begin on a cache line and lie in large pages where the system has
// such. What is first touched in pages of 4 KiB costs a page fault for each, which is most
// of the time of copying weights, and the more where a virtual machine shadows page tables.
package memory
