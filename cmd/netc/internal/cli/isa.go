package cli

import (
	"fmt"
	"slices"
	"strings"
)

// benchISAs are the instruction sets that a program can be told to use.
var benchISAs = []string{"avx512", "avx2", "generic"}

// checkISA refuses the name of an instruction set that there are no kernels for; "" is
// the best of the machine.
func checkISA(isa string) error {
	if isa == "" || slices.Contains(benchISAs, isa) {
		return nil
	}
	return fmt.Errorf("--isa is one of %s, not %q", strings.Join(benchISAs, ", "), isa)
}

// checkGenerated refuses a set of instruction sets for a package that is none. A
// package has the kernels of all and chooses when it starts; NETC_ISA overrules it.
func checkGenerated(isas []string) error {
	for _, isa := range isas {
		if isa == "" {
			return fmt.Errorf("--isa wants a list of %s", strings.Join(benchISAs, ", "))
		}
		if err := checkISA(isa); err != nil {
			return err
		}
	}
	return nil
}
