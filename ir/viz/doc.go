// Package viz draws a function of the IR for a person: its stages as boxes with
// shapes, weights and products, the blocks of the source around them, and the
// edges between them.
//
// [Build] makes a [Graph] from a graph-stage function: instructions of one stage
// are one node, a normalisation or an activation joins the layer in front of it,
// equal blocks in a row are drawn once. [SVG] lays it out and draws it; [DOT] leaves
// the layout to Graphviz. Equal functions give equal bytes.
//
// The layout is that of Sugiyama, Tagawa and Toda 1981 (layers, order by
// barycentres, positions), block by block: a block is laid out by itself and is one
// box in the block around it, so that no edge crosses a block that it does not
// enter. Where a network makes its maps small and then large again, the second half
// runs upwards beside the first, and the connections between them are level.
package viz
