package syntax

// Inspect calls visit for n and, where visit returns true, for the nodes below
// it in the order of the source. Names are no nodes of their own here: they
// belong to the node that holds them.
func Inspect(n Node, visit func(Node) bool) {
	if !visit(n) {
		return
	}
	switch n := n.(type) {
	case *File:
		each(n.Imports, visit)
		each(n.Decls, visit)
	case *Const:
		one(n.Type, visit)
		maybe(n.Value, visit)
	case *Classes:
		maybe(n.Value, visit)
	case *Block:
		each(n.Params, visit)
		one(n.Sig, visit)
		maybe(n.Value, visit)
		each(n.Body, visit)
	case *Signature:
		each(n.In, visit)
		each(n.Out, visit)
		one(n.OutType, visit)
		each(n.Where, visit)
	case *Param:
		one(n.Type, visit)
		maybe(n.Default, visit)
	case *Type:
		each(n.Tuple, visit)
		one(n.List, visit)
		each(n.Dims, visit)
		one(n.Or, visit)
	case *Item:
		maybe(n.X, visit)
	case Stmt:
		inspectStmt(n, visit)
	case Expr:
		inspectExpr(n, visit)
	case *Arg:
		maybe(n.Value, visit)
	case *Stage:
		maybe(n.Layer, visit)
	default:
		inspectSection(n, visit)
	}
}

func inspectStmt(n Stmt, visit func(Node) bool) {
	switch n := n.(type) {
	case *Return:
		each(n.Values, visit)
	case *For:
		maybe(n.In, visit)
		each(n.Body, visit)
	case *If:
		maybe(n.Cond, visit)
		each(n.Then, visit)
		each(n.Else, visit)
	case *Assert:
		maybe(n.Cond, visit)
	case *State:
		one(n.Type, visit)
		maybe(n.Value, visit)
	case *Let:
		one(n.Type, visit)
		maybe(n.Value, visit)
	case *Expect:
		each(n.Body, visit)
	}
}

func inspectExpr(n Expr, visit func(Node) bool) {
	switch n := n.(type) {
	case *Tuple:
		each(n.Elems, visit)
	case *List:
		each(n.Elems, visit)
	case *Call:
		maybe(n.Fun, visit)
		each(n.Args, visit)
	case *Index:
		maybe(n.X, visit)
		each(n.Items, visit)
	case *Member:
		maybe(n.X, visit)
	case *Unary:
		maybe(n.X, visit)
	case *Binary:
		maybe(n.Left, visit)
		maybe(n.Right, visit)
	case *Cond:
		maybe(n.If, visit)
		maybe(n.Then, visit)
		maybe(n.Else, visit)
	case *Pipe:
		maybe(n.Head, visit)
		each(n.Stages, visit)
	}
}

// inspectSection visits the declarations and statements of sections.
func inspectSection(n Node, visit func(Node) bool) {
	switch n := n.(type) {
	case *Data:
		each(n.Body, visit)
	case *Sample:
		each(n.Fields, visit)
	case *Flow:
		maybe(n.Value, visit)
	case *Train:
		each(n.Body, visit)
	case *Metric:
		one(n.Let, visit)
	case *Memory:
		one(&n.Limit, visit)
	case *Freeze:
		each(n.Paths, visit)
		maybe(n.Until, visit)
	case *Phase:
		each(n.Body, visit)
	case *Predict:
		each(n.Body, visit)
	case *Weights:
		each(n.From, visit)
	case *From:
		maybe(n.Source, visit)
		maybe(n.Into, visit)
		each(n.Rules, visit)
	case *Section:
		each(n.Body, visit)
	case *Require:
		maybe(n.Cond, visit)
	case *Test:
		each(n.Body, visit)
	}
}

func each[N Node](list []N, visit func(Node) bool) {
	for _, n := range list {
		Inspect(n, visit)
	}
}

// one visits a node that may be absent.
func one[T any, P interface {
	*T
	Node
}](n P, visit func(Node) bool) {
	if n != nil {
		Inspect(n, visit)
	}
}

// maybe visits an expression that may be absent.
func maybe(x Expr, visit func(Node) bool) {
	if x != nil {
		Inspect(x, visit)
	}
}
