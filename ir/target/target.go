package target

import "fmt"

// ISA is an instruction set that kernels are written for.
type ISA string

// Generic is plain Go on any processor. AVX2 is x86-64 with AVX2 and FMA3
// (Haswell, Zen and later): 16 vector registers of 8 f32 lanes.
const (
	Generic ISA = "generic"
	AVX2    ISA = "avx2"
)

// Parse returns the instruction set that name spells.
func Parse(name string) (ISA, error) {
	switch isa := ISA(name); isa {
	case Generic, AVX2:
		return isa, nil
	}
	return "", fmt.Errorf("target: found instruction set %q, expected %s or %s", name, Generic, AVX2)
}

// Desc is one target. Passes and code generators read it; nothing of it is
// probed at compile time, so that the same source compiles to the same bytes on
// every machine.
type Desc struct {
	ISA       ISA
	Lanes     int // f32 elements of one vector register; 1 without vectors
	Registers int // vector registers
	L1, L2    int // bytes of data cache per core
	L3        int // bytes of the last level, shared
	Align     int // bytes: every slot of an arena begins at a multiple of it
	Threads   int // workers of a session unless an option says otherwise; 0: one per core, found at run time
	Layouts   Layouts
	Group     int64   // images that run through a plan together where they can, and groups of channels that are as small as can be; 0: those that cost least
	Tuning    *Tuning // measured choices; nil: none
}

// Layouts says which layouts the compiler may choose.
type Layouts uint8

// BestLayouts takes what is faster. OnlyPlain and OnlyBlocked take the one or the
// other wherever there are kernels for both: numbers are the same within rounding.
const (
	BestLayouts Layouts = iota
	OnlyPlain
	OnlyBlocked
)

// Default returns the description of a common machine of the given instruction
// set. An unknown one is described as Generic.
func Default(isa ISA) Desc {
	d := Desc{ISA: Generic, Lanes: 1, Registers: 16, L1: 32 << 10, L2: 512 << 10, L3: 8 << 20, Align: 64}
	if isa == AVX2 {
		d.ISA, d.Lanes = AVX2, 8
	}
	return d
}
