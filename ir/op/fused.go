package op

func init() {
	Define(&Def{
		Name: "fused", Group: "scheduled", Args: []Arg{{Name: "xs", Variadic: true, Optional: true}}, Gradient: NoGradient,
		Law: "the instructions of the body, one after the other, for each element",
		Doc: "A region of elementwise operations over one iteration space, run in one pass over memory. Its operands broadcast; its results are values of the body, which also state their types: they are not inferred again.",
	})
}
