package viz

// Graph is what is drawn.
type Graph struct {
	Name   string // of the net
	Params int64
	MACs   int64  // for batch 1 at the sizes of Sample
	Sample string // H=256, W=256; "" where no size is free
	Root   *Group
	Nodes  []*Node // in an order in which edges go forward
	Edges  []Edge
}

// Kind is what a node does, for its colour.
type Kind uint8

// The kinds, in the order of the legend.
const (
	Terminal Kind = iota // an input or a result
	Conv
	Linear
	Attention
	Norm
	Activation
	Pool
	Resample
	Join
	Shape
	Other
)

var kindNames = [...]string{
	"input, result", "convolution", "dense, product", "attention", "normalisation", "activation",
	"pooling", "resampling", "sum, concat", "shape", "other",
}

func (k Kind) String() string { return kindNames[k] }

// Node is one box: a stage of the source, with what was joined to it.
type Node struct {
	ID     int
	Path   string   // of its stage
	Name   string   // the path below its group; "" where the title says it
	Title  string   // conv 3×3 /2
	Notes  []string // bn, relu
	Shape  string   // of its result, without the batch axis
	Params int64
	MACs   int64
	Kind   Kind
	Group  *Group

	word   string // of the language
	area   int64  // rows times columns of its result at a sample size, 0 for none
	result bool
}

// Edge leads from a node to one that reads its result.
type Edge struct{ From, To int }

// Group is a block of the source with at least two nodes, or the net.
type Group struct {
	Path   string
	Name   string // the path below the group around it
	Block  string // the name of the block
	Params int64
	Up     *Group
	Groups []*Group
	Nodes  []*Node

	times int // equal groups in a row that it stands for, 0 and 1 for itself
	last  string
}

// add appends an edge that is not there yet.
func (g *Graph) add(from, to int) {
	for _, e := range g.Edges {
		if e.From == from && e.To == to {
			return
		}
	}
	g.Edges = append(g.Edges, Edge{from, to})
}

// preds and succs return the neighbours of every node, in the order of the edges.
func (g *Graph) neighbours() (preds, succs map[int][]int) {
	preds, succs = map[int][]int{}, map[int][]int{}
	for _, e := range g.Edges {
		preds[e.To] = append(preds[e.To], e.From)
		succs[e.From] = append(succs[e.From], e.To)
	}
	return preds, succs
}
