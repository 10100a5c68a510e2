package syntax

import "github.com/netc-lang/netc/internal/diag"

// Node is anything with a place in the source.
type Node interface{ Span() diag.Span }

// At is embedded in every node.
type At struct{ Where diag.Span }

// Span returns the source range of the node.
func (a At) Span() diag.Span { return a.Where }

// Ident is a name with its place.
type Ident struct {
	At
	Name string
}

// File is one parsed source file. Declarations that could not be parsed are
// left out; their errors are in the diagnostics.
type File struct {
	At
	Source  *diag.File
	Doc     string // the comment above the package clause
	Package Ident
	Imports []*Import
	Decls   []Decl
}

// Import names a module; Alias is nil without one.
type Import struct {
	At
	Alias  *Ident
	Path   string
	PathAt diag.Span
}

// Decl is a file-level declaration: *Const, *Classes, *Block, *Data, *Train,
// *Predict, *Weights, *Section or *Test.
type Decl interface {
	Node
	decl()
}

// Const is `const Name: Type = Value`.
type Const struct {
	At
	Doc   string
	Name  Ident
	Type  *Type
	Value Expr
}

// Classes is `classes Name = Value`.
type Classes struct {
	At
	Doc   string
	Name  Ident
	Value Expr
}

// Block is a net or a block: either Value (`= expr`) or Body is set.
type Block struct {
	At
	Doc    string
	Net    bool
	Name   Ident
	Params []*Param // static parameters
	Sig    *Signature
	Value  Expr
	Body   []Stmt
}

// Signature is the arrow type after the colon. Out holds named results, OutType
// a single unnamed one; both are nil when the result is inferred.
type Signature struct {
	At
	In      []*Param
	Out     []*Param
	OutType *Type
	Where   []Expr
}

// Param is `name: Type = Default`. Variadic is the prelude's `...xs`.
type Param struct {
	At
	Name     Ident
	Variadic bool
	Type     *Type
	Default  Expr
}

// Type is a written type. Exactly one form is set: Words (`word(a, b)`), Tuple,
// List, or Name with optional Member and, where HasDims, Dims. Or holds the
// alternatives after `|` (prelude only).
type Type struct {
	At
	Words   []Ident
	Tuple   []*Type
	List    *Type
	Name    Ident
	Member  *Ident
	HasDims bool
	Dims    []*Item
	Or      *Type
}

// Item is one entry of a shape or an index: an expression, or a pack `...S`
// (Pack may be unnamed: Name == "").
type Item struct {
	At
	Pack *Ident
	X    Expr
}

// Stmt is a statement of a body: *Return, *For, *If, *Assert, *State, *Let, or,
// in a test, *Expect.
type Stmt interface {
	Node
	stmt()
}

// Return is `return a, b`.
type Return struct {
	At
	Values []Expr
}

// For is `for i, x in xs { }` or `for (a, b) in xs { }`; Index is nil without one.
type For struct {
	At
	Index *Ident
	Vars  []Ident
	In    Expr
	Body  []Stmt
}

// If is a statement; Else is nil, or holds one *If for `else if`.
type If struct {
	At
	Cond Expr
	Then []Stmt
	Else []Stmt
}

// Assert is `assert cond, "message"`.
type Assert struct {
	At
	Cond Expr
	Msg  string
}

// State declares a param, buffer or shared layer.
type State struct {
	At
	Frozen bool
	Kind   string // "param", "buffer" or "layer"
	Name   Ident
	Type   *Type
	Value  Expr
}

// Let is `a, b: Type = Value`.
type Let struct {
	At
	Doc   string
	Names []Ident
	Type  *Type
	Value Expr
}

// Expect is `expect E0203 { }`.
type Expect struct {
	At
	Code Ident
	Body []Stmt
}

// Ref is `Name` or `Module.Name`.
type Ref struct {
	At
	Module *Ident
	Name   Ident
}

// Data is a data section: statements are *Sample, *Flow or *Let.
type Data struct {
	At
	Doc  string
	Name Ident
	Body []Node
}

// Sample is `sample (image: u8[...], label: Digit)`.
type Sample struct {
	At
	Fields []*Param
}

// Flow is `prep image = ...`; Kind is "prep", "augment" or "eval".
type Flow struct {
	At
	Kind  Ident
	Names []Ident
	Value Expr
}

// Train is `train Net on Data { }`: statements are *Metric, *Memory, *Freeze,
// *Phase, *State or *Let.
type Train struct {
	At
	Doc  string
	Net  Ref
	Data Ref
	Body []Node
}

// Metric is `metric name = expr`.
type Metric struct {
	At
	Let *Let
}

// Memory is `memory <= 2 GB`.
type Memory struct {
	At
	Limit Number
	Unit  Ident
}

// Freeze is `freeze a, b until x`.
type Freeze struct {
	At
	Paths []Expr
	Until Expr
}

// Phase is `phase name { }` with the statements of a train section.
type Phase struct {
	At
	Name Ident
	Body []Node
}

// Predict is `predict Net on Data { }`; Data is nil without one.
type Predict struct {
	At
	Doc  string
	Net  Ref
	Data *Ref
	Body []*Let
}

// Weights is `weights Net { from ... }`.
type Weights struct {
	At
	Net  Ref
	From []*From
}

// From is one checkpoint of a weights section.
type From struct {
	At
	Source   Expr
	SHA256   string
	SHA256At diag.Span
	Into     Expr
	Rules    []*Rule
}

// Rule is `"from" -> "to"` or `skip "pattern"` (To is empty and Skip is set).
type Rule struct {
	At
	Skip   bool
	From   string
	FromAt diag.Span
	To     string
	ToAt   diag.Span
}

// Section is the shared form of quantize, explain and sampler: statements are
// *Require or *Let.
type Section struct {
	At
	Doc  string
	Kind Ident
	Name Ref
	Of   *Ref
	Body []Node
}

// Require is `require cond` of a quantize section.
type Require struct {
	At
	Cond Expr
}

// Test is `test "name" { }`.
type Test struct {
	At
	Name   string
	NameAt diag.Span
	Body   []Stmt
}

func (*Const) decl()   {}
func (*Classes) decl() {}
func (*Block) decl()   {}
func (*Data) decl()    {}
func (*Train) decl()   {}
func (*Predict) decl() {}
func (*Weights) decl() {}
func (*Section) decl() {}
func (*Test) decl()    {}

func (*Return) stmt() {}
func (*For) stmt()    {}
func (*If) stmt()     {}
func (*Assert) stmt() {}
func (*State) stmt()  {}
func (*Let) stmt()    {}
func (*Expect) stmt() {}

// Expr is an expression: *Name, *Number, *String, *Bool, *Any, *Tuple, *List,
// *Call, *Index, *Member, *Unary, *Binary, *Cond, *Pipe.
type Expr interface {
	Node
	expr()
}

// Name is a use of an identifier.
type Name struct {
	At
	Name string
}

// Number is an exact literal as written, such as 61_706 or 1e-4.
type Number struct {
	At
	Text string
}

// String is a literal, unquoted.
type String struct {
	At
	Value string
}

// Bool is true or false.
type Bool struct {
	At
	Value bool
}

// Any is `_`.
type Any struct{ At }

// Tuple is `(a, b)`. A parenthesised expression is a Tuple of one, so that the
// formatter keeps it.
type Tuple struct {
	At
	Elems []Expr
}

// List is `[a, b]`.
type List struct {
	At
	Elems []Expr
}

// Call is `Fun(args)`.
type Call struct {
	At
	Fun  Expr
	Args []*Arg
}

// Arg is `value` or `name = value`.
type Arg struct {
	At
	Name  *Ident
	Value Expr
}

// Index is `X[items]`; it is also how a tensor type is written as a value
// (`f32[1, RGB, 224, 224]` in a test).
type Index struct {
	At
	X     Expr
	Items []*Item
}

// Member is `X.Name`.
type Member struct {
	At
	X    Expr
	Name Ident
}

// Unary is `-x` or `not x`.
type Unary struct {
	At
	Op string
	X  Expr
}

// Binary is an infix operator: + - * / % ** .. == != < <= > >= and or.
type Binary struct {
	At
	Op    string
	OpAt  diag.Span
	Left  Expr
	Right Expr
}

// Cond is `if c then a else b`.
type Cond struct {
	At
	If, Then, Else Expr
}

// Pipe is `head as name |> stage as name ...`.
type Pipe struct {
	At
	Head   Expr
	HeadAs *Ident // "_" adds no level to weight paths
	Stages []*Stage
}

// Stage is one `|> layer as name`.
type Stage struct {
	At
	Layer Expr
	As    *Ident
}

func (*Name) expr()   {}
func (*Number) expr() {}
func (*String) expr() {}
func (*Bool) expr()   {}
func (*Any) expr()    {}
func (*Tuple) expr()  {}
func (*List) expr()   {}
func (*Call) expr()   {}
func (*Index) expr()  {}
func (*Member) expr() {}
func (*Unary) expr()  {}
func (*Binary) expr() {}
func (*Cond) expr()   {}
func (*Pipe) expr()   {}
