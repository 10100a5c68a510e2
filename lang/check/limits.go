package check

// Limits of docs/spec.md, section 10; beyond is an error, at once. They bound time
// and memory by the size of the source, whatever it says.
const (
	maxStatements = 100_000     // of one net, loops unrolled
	maxList       = 10_000      // elements of a list
	maxCalls      = 256         // blocks inside blocks
	maxDepth      = 10_000      // of expressions inside one another, blocks included
	maxBits       = 4_096       // of a number's numerator and denominator
	maxFormula    = 400         // bytes of a size, as it is printed
	maxWork       = 100_000     // operations and layers of the whole program, tests included
	maxNested     = 100_000     // values of a list, those of the lists in it included
	maxRank       = 32          // axes of a tensor
	maxWeights    = 500_000_000 // numbers of a net's weights: a file of 2 GB
	maxErrors     = 10
)
