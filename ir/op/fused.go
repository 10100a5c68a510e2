package op

func init() {
	Define(&Def{
		Name: "fused", Group: "scheduled", Args: []Arg{{Name: "xs", Variadic: true, Optional: true}}, Gradient: NoGradient,
		Law: "the instructions of the body, one after the other, for each element",
		Doc: "A region of elementwise operations over one iteration space, run in one pass over memory. Its operands broadcast; its results are values of the body, which also state their types: they are not inferred again.",
	})
	Define(&Def{
		Name: "chain", Group: "scheduled", Args: []Arg{{Name: "xs", Variadic: true}}, Results: 1, Gradient: NoGradient,
		Law: "the layers of the body, one after the other",
		Doc: "Convolutions of images in blocks of channels, and pools behind them, each of which reads the result of the one before and nobody else does. They run some rows at a time, so that what lies between them needs no storage. The first operand is what the first one convolves; the result is that of the last.",
	})
	Define(&Def{
		Name: "relayout", Group: "scheduled", Args: []Arg{{Name: "x"}}, Results: 1, Gradient: NoGradient, Infer: one,
		Law: "y = x",
		Doc: "The same elements in another layout: the operand and the result are plain, row by row, or have 8 channels side by side.",
	})
}
