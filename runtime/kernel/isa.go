package kernel

import (
	"fmt"
	"os"
)

// ISA is an instruction set that kernels are written for.
type ISA uint8

// The instruction sets, each able to run the ones before it.
const (
	Generic ISA = iota // plain Go: the definition of every result
	AVX2               // 16 registers of 8 lanes, FMA3
	AVX512             // 32 registers of 16 lanes: F, DQ, BW and VL
)

var isaNames = [...]string{"generic", "avx2", "avx512"}

// String returns the word that NETC_ISA and --isa spell.
func (i ISA) String() string { return isaNames[i] }

// Lanes returns the f32 lanes of a vector register, 1 without vectors.
func (i ISA) Lanes() int { return [...]int{1, 8, 16}[i] }

// Available reports whether this processor runs the kernels of i.
func (i ISA) Available() bool { return i <= best() }

// best is the widest set of this processor, less what GODEBUG=cpu.*=off hides.
func best() ISA {
	switch {
	case hasAVX2 && hasAVX512:
		return AVX512
	case hasAVX2:
		return AVX2
	}
	return Generic
}

// Path is how wide the data path of a processor's vectors is, as far as it tells.
type Path uint8

// The paths. Kernels of all are the same; they differ in what is fetched when, and in how work is cut.
const (
	PathUntold Path = iota // Intel's processors, which run AVX-512 whole and do not tell
	PathHalf               // 256 bits, as of AMD's family 25: Zen 4 runs AVX-512 in two halves
	PathWhole              // 512 bits, as of AMD's family 26 (Zen 5)
)

// DataPath returns the path of this processor.
//
// Source: AMD64 Architecture Programmer's Manual, volume 3, CPUID Fn8000_001A.
func DataPath() Path { return dataPath }

// DoublePumped reports whether this processor runs a vector of AVX-512 in two halves: it
// multiplies no faster than with AVX2, and has half of its slots for loads, additions and stores
// to spare meanwhile.
func DoublePumped() bool { return hasAVX512 && dataPath == PathHalf }

// isa is the set in use: the best there is, or a lower one that NETC_ISA asks for;
// isaError is what is wrong with NETC_ISA.
var isa, isaError = requested(os.Getenv("NETC_ISA"))

func requested(name string) (ISA, error) {
	if name == "" {
		return best(), nil
	}
	for i, n := range isaNames {
		if n == name {
			return min(ISA(i), best()), nil
		}
	}
	return best(), fmt.Errorf("the environment variable NETC_ISA is %q, expected generic, avx2 or avx512", name)
}

// vector selects the vector algorithms with assembly inside; false selects the
// plain loops that define the results. Plans read it when they are made.
var vector = isa >= AVX2

// Selected returns the instruction set that plans are made for: the best of this
// processor, unless the environment variable NETC_ISA asks for a lower one or
// GODEBUG=cpu.avx2=off (cpu.avx512f=off) hides it.
func Selected() ISA { return isa }

// SelectionError returns an error where NETC_ISA names no instruction set; else nil.
// Constructors of networks pass it on, since nobody wants another set than the one that
// he misspelt.
func SelectionError() error { return isaError }
