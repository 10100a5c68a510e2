package syntax

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"

	"github.com/alecthomas/participle/v2"
	"github.com/alecthomas/participle/v2/lexer"

	"github.com/netc-lang/netc/internal/diag"
)

// The grammar of docs/spec.md, section 11, as participle reads it. These types are
// the parse tree; convert.go turns them into the tree of ast.go. Alternatives are
// told apart by their first token; where it takes two, (?= ) and (?! ) look at
// them without consuming any. Operators are a flat chain here, which keeps the
// tree small; fold.go knows their precedence.

// node gives a production the tokens that it covers.
type node struct{ Tokens []lexer.Token }

type file struct {
	Package *packageClause `parser:"@@"`
	Imports []*importDecl  `parser:"@@*"`
	Decls   []*decl        `parser:"@@*"`
}

type packageClause struct {
	node
	Name lexer.Token `parser:"'package' @Ident ';'"`
}

type importDecl struct {
	node
	Alias *lexer.Token `parser:"'import' @Ident?"`
	Path  lexer.Token  `parser:"@String ';'"`
}

type decl struct {
	Const   *constDecl   `parser:"(  @@"`
	Classes *classesDecl `parser:" | @@"`
	Block   *blockDecl   `parser:" | @@"`
	Data    *dataDecl    `parser:" | @@"`
	Train   *trainDecl   `parser:" | @@"`
	Predict *predictDecl `parser:" | @@"`
	Weights *weightsDecl `parser:" | @@"`
	Section *sectionDecl `parser:" | @@"`
	Test    *testDecl    `parser:" | @@ ) ';'"`
}

type constDecl struct {
	node
	Name  lexer.Token `parser:"'const' @Ident"`
	Type  *typeExpr   `parser:"( ':' @@ )?"`
	Value *expression `parser:"'=' @@"`
}

type classesDecl struct {
	node
	Name  lexer.Token `parser:"'classes' @Ident"`
	Value *expression `parser:"'=' @@"`
}

type blockDecl struct {
	node
	Kind   lexer.Token `parser:"@( 'net' | 'block' )"`
	Name   lexer.Token `parser:"@Ident"`
	Params *parameters `parser:"@@?"`
	Sig    *signature  `parser:"@@?"`
	Value  *expression `parser:"(  '=' @@"`
	Body   *body       `parser:" | @@ )"`
}

type parameters struct {
	List []*parameter `parser:"'(' ( @@ ( ',' @@ )* ','? )? ')'"`
}

type parameter struct {
	node
	Pack    *lexer.Token `parser:"@'...'?"`
	Name    lexer.Token  `parser:"@Ident"`
	Type    *typeExpr    `parser:"':' @@"`
	Default *expression  `parser:"( '=' @@ )?"`
}

type signature struct {
	node
	In    *parameters   `parser:"':' @@"`
	Out   *results      `parser:"( '->' @@ )?"`
	Where []*expression `parser:"( 'where' @@ ( ',' @@ )* )?"`
}

type results struct {
	Named *parameters `parser:"  @@"`
	Type  *typeExpr   `parser:"| @@"`
}

type typeExpr struct {
	node
	Words  *typeWords  `parser:"(  @@"`
	Tuple  *typeTuple  `parser:" | @@"`
	List   *typeExpr   `parser:" | '[' ']' @@"`
	Tensor *tensorType `parser:" | @@ )"`
	Or     *typeExpr   `parser:"( '|' @@ )?"`
}

type typeWords struct {
	Names []lexer.Token `parser:"'word' '(' @( Ident ( ',' Ident )* ) ','? ')'"`
}

type typeTuple struct {
	Elems []*typeExpr `parser:"'(' @@ ( ',' @@ )* ','? ')'"`
}

type tensorType struct {
	node
	Name   lexer.Token  `parser:"@( Ident | 'layer' | 'block' )"`
	Member *lexer.Token `parser:"( '.' @Ident )?"`
	Dims   *items       `parser:"@@?"`
}

type items struct {
	node
	List []*item `parser:"'[' ( @@ ( ',' @@ )* ','? )? ']'"`
}

// indices is items of which there is at least one.
type indices struct {
	List []*item `parser:"'[' @@ ( ',' @@ )* ','? ']'"`
}

// item is an entry of a shape or an index.
type item struct {
	node
	Pack *lexer.Token `parser:"(  @'...'"`
	Name *lexer.Token `parser:"   @Ident?"`
	X    *expression  `parser:" | @@ )"`
}

type body struct {
	node
	List []*stmt `parser:"'{' @@* '}'"`
}

type stmt struct {
	node
	Return *returnStmt `parser:"(  @@"`
	For    *forStmt    `parser:" | @@"`
	If     *ifStmt     `parser:" | @@"`
	Assert *assertStmt `parser:" | @@"`
	State  *stateStmt  `parser:" | @@"`
	Let    *letStmt    `parser:" | @@ ) ';'"`
}

type returnStmt struct {
	node
	Values []*expression `parser:"'return' @@ ( ',' @@ )*"`
}

type forStmt struct {
	node
	Index *lexer.Token  `parser:"'for' ( (?= Ident ',' ) @Ident ',' )?"`
	Vars  []lexer.Token `parser:"( @Ident | '(' @( Ident ( ',' Ident )* ) ')' )"`
	In    *expression   `parser:"'in' @@"`
	Body  *body         `parser:"@@"`
}

type ifStmt struct {
	node
	Cond *expression `parser:"'if' @@"`
	Then *body       `parser:"@@"`
	Elif *ifStmt     `parser:"( 'else' (  @@"`
	Else *body       `parser:"          | @@ ) )?"`
}

type assertStmt struct {
	node
	Cond *expression  `parser:"'assert' @@"`
	Msg  *lexer.Token `parser:"( ',' @String )?"`
}

// stateStmt declares something with weights.
type stateStmt struct {
	node
	Frozen *lexer.Token `parser:"@'frozen'?"`
	Kind   lexer.Token  `parser:"@( 'param' | 'buffer' | 'layer' )"`
	Name   lexer.Token  `parser:"@Ident"`
	Type   *typeExpr    `parser:"( ':' @@ )?"`
	Value  *expression  `parser:"( '=' @@ )?"`
}

type letStmt struct {
	node
	Names []lexer.Token `parser:"@( Ident ( ',' Ident )* )"`
	Type  *typeExpr     `parser:"( ':' @@ )?"`
	Value *expression   `parser:"'=' @@"`
}

type dataDecl struct {
	node
	Name lexer.Token `parser:"'data' @Ident '{'"`
	Body []*dataStmt `parser:"@@* '}'"`
}

type dataStmt struct {
	Sample *sampleStmt `parser:"(  @@"`
	Flow   *flowStmt   `parser:" | @@"`
	Let    *letStmt    `parser:" | @@ ) ';'"`
}

type sampleStmt struct {
	node
	Fields *parameters `parser:"(?= 'sample' '(' ) 'sample' @@"`
}

type flowStmt struct {
	node
	Kind  lexer.Token   `parser:"(?= Ident Ident ) @( 'prep' | 'augment' | 'eval' )"`
	Names []lexer.Token `parser:"@( Ident ( ',' Ident )* )"`
	Value *expression   `parser:"'=' @@"`
}

type trainDecl struct {
	node
	Net  *ref         `parser:"'train' @@"`
	Data *ref         `parser:"'on' @@ '{'"`
	Body []*trainStmt `parser:"@@* '}'"`
}

type trainStmt struct {
	Metric *metricStmt `parser:"(  @@"`
	Memory *memoryStmt `parser:" | @@"`
	Freeze *freezeStmt `parser:" | @@"`
	Phase  *phaseStmt  `parser:" | @@"`
	State  *stateStmt  `parser:" | @@"`
	Let    *letStmt    `parser:" | @@ ) ';'"`
}

type metricStmt struct {
	node
	Let *letStmt `parser:"(?= 'metric' Ident ) 'metric' @@"`
}

type memoryStmt struct {
	node
	Limit lexer.Token `parser:"(?= 'memory' '<=' ) 'memory' '<=' @Number"`
	Unit  lexer.Token `parser:"@Ident"`
}

type freezeStmt struct {
	node
	Paths []*expression `parser:"(?! 'freeze' ( '=' | ':' | ',' ) ) 'freeze' @@ ( ',' @@ )*"`
	Until *expression   `parser:"( 'until' @@ )?"`
}

type phaseStmt struct {
	node
	Name lexer.Token  `parser:"(?= 'phase' Ident ) 'phase' @Ident '{'"`
	Body []*trainStmt `parser:"@@* '}'"`
}

type predictDecl struct {
	node
	Net  *ref       `parser:"'predict' @@"`
	Data *ref       `parser:"( 'on' @@ )? '{'"`
	Body []*letStmt `parser:"( @@ ';' )* '}'"`
}

type weightsDecl struct {
	node
	Net  *ref        `parser:"'weights' @@ '{'"`
	From []*fromStmt `parser:"( @@ ';' )* '}'"`
}

type fromStmt struct {
	node
	Source *expression  `parser:"'from' @@"`
	SHA256 *lexer.Token `parser:"( 'sha256' @String )?"`
	Into   *expression  `parser:"( 'into' @@ )?"`
	Rules  []*ruleStmt  `parser:"( '{' ( @@ ';' )* '}' )?"`
}

type ruleStmt struct {
	node
	Skip *lexer.Token `parser:"(  'skip' @String"`
	From *lexer.Token `parser:" | @String"`
	To   *lexer.Token `parser:"   '->' @String )"`
}

// sectionDecl is the shared form of quantize, explain and sampler.
type sectionDecl struct {
	node
	Kind lexer.Token    `parser:"@( 'quantize' | 'explain' | 'sampler' )"`
	Name *ref           `parser:"@@"`
	Of   *ref           `parser:"( 'of' @@ )? '{'"`
	Body []*sectionStmt `parser:"@@* '}'"`
}

type sectionStmt struct {
	Require *requireStmt `parser:"(  @@"`
	Let     *letStmt     `parser:" | @@ ) ';'"`
}

type requireStmt struct {
	node
	Cond *expression `parser:"(?! 'require' ( '=' | ':' | ',' ) ) 'require' @@"`
}

type ref struct {
	node
	First  lexer.Token  `parser:"@Ident"`
	Second *lexer.Token `parser:"( '.' @Ident )?"`
}

type testDecl struct {
	node
	Name lexer.Token `parser:"'test' @String '{'"`
	Body []*testStmt `parser:"@@* '}'"`
}

type testStmt struct {
	Expect *expectStmt `parser:"  @@ ';'"`
	Stmt   *stmt       `parser:"| @@"`
}

type expectStmt struct {
	node
	Code lexer.Token `parser:"(?= 'expect' Ident ) 'expect' @Ident"`
	Body *body       `parser:"@@"`
}

type expression struct {
	node
	Cond *condExpr `parser:"  @@"`
	Pipe *pipeExpr `parser:"| @@"`
}

type condExpr struct {
	If   *expression `parser:"'if' @@"`
	Then *expression `parser:"'then' @@"`
	Else *expression `parser:"'else' @@"`
}

type pipeExpr struct {
	Head   *operation   `parser:"@@"`
	As     *lexer.Token `parser:"( 'as' @( Ident | '_' ) )?"`
	Stages []*stageExpr `parser:"@@*"`
}

type stageExpr struct {
	node
	Layer *postfix     `parser:"'|>' @@"`
	As    *lexer.Token `parser:"( 'as' @( Ident | '_' ) )?"`
}

// operation is a chain of operands and operators, not yet folded.
type operation struct {
	node
	Head *operand      `parser:"@@"`
	Tail []*operatorOn `parser:"@@*"`
}

type operatorOn struct {
	Op lexer.Token `parser:"@Operator"`
	X  *operand    `parser:"@@"`
}

type operand struct {
	node
	Not *lexer.Token `parser:"@'not'?"`
	Neg *lexer.Token `parser:"@'-'?"`
	X   *postfix     `parser:"@@"`
}

type postfix struct {
	node
	X    *primary  `parser:"@@"`
	Tail []*suffix `parser:"@@*"`
}

type suffix struct {
	node
	Call   *arguments   `parser:"  @@"`
	Index  *indices     `parser:"| @@"`
	Member *lexer.Token `parser:"| '.' @Ident"`
}

type arguments struct {
	Open lexer.Token `parser:"@'('"`
	List []*argument `parser:"( @@ ( ',' @@ )* ','? )? ')'"`
}

type argument struct {
	node
	Name  *lexer.Token `parser:"( (?= Ident '=' ) @Ident '=' )?"`
	Value *expression  `parser:"@@"`
}

type primary struct {
	Number *lexer.Token `parser:"  @Number"`
	String *lexer.Token `parser:"| @String"`
	Bool   *lexer.Token `parser:"| @( 'true' | 'false' )"`
	Any    *lexer.Token `parser:"| @'_'"`
	Name   *lexer.Token `parser:"| @Ident"`
	Tuple  *tuple       `parser:"| @@"`
	List   *list        `parser:"| @@"`
}

type tuple struct {
	Elems []*expression `parser:"'(' @@ ( ',' @@ )* ')'"`
}

type list struct {
	Open  lexer.Token   `parser:"@'['"`
	Elems []*expression `parser:"( @@ ( ',' @@ )* ','? )? ']'"`
}

// Token types of the grammar. A string keeps its quotes, so that no text in one
// can be taken for a mark.
const (
	typeIdent lexer.TokenType = iota + 1
	typeKeyword
	typeNumber
	typeString
	typeOperator
	typePunct
)

var symbolTypes = map[string]lexer.TokenType{
	"EOF": lexer.EOF, "Ident": typeIdent, "Keyword": typeKeyword, "Number": typeNumber,
	"String": typeString, "Operator": typeOperator, "Punct": typePunct,
}

// definition hands participle our tokens with the newline rule applied.
type definition struct{}

// Symbols implements lexer.Definition.
func (definition) Symbols() map[string]lexer.TokenType { return symbolTypes }

// Lex implements lexer.Definition.
func (definition) Lex(name string, r io.Reader) (lexer.Lexer, error) {
	text, err := io.ReadAll(r)
	if err != nil {
		return nil, err
	}
	src := diag.NewFile(name, text)
	raw, problems := Scan(src)
	l := lay(src, raw)
	if problems = append(problems, l.problems...); len(problems) > 0 {
		return nil, fmt.Errorf("%s: %s", problems[0].Span.Pos(), problems[0].Message)
	}
	p := parser{src: src, conv: converter{toks: l.toks}}
	return &replay{toks: p.stream(sequence(0, len(l.toks)))}, nil
}

// tokenTypes are participle's names for our kinds.
var tokenTypes = [...]lexer.TokenType{
	IdentToken: typeIdent, KeywordToken: typeKeyword, NumberToken: typeNumber,
	StringToken: typeString, OperatorToken: typeOperator, PunctToken: typePunct,
}

// grammar returns participle's view of token number id. Line carries the number:
// diagnostics need the neighbours, and take positions for people from the file.
func (t lexeme) grammar(id int) lexer.Token {
	return lexer.Token{
		Type: tokenTypes[t.Kind], Value: t.Text,
		Pos: lexer.Position{Offset: t.Start, Line: id},
	}
}

// replay is a lexer over tokens that exist.
type replay struct {
	toks []lexer.Token
	next int
}

// Next implements lexer.Lexer.
func (r *replay) Next() (lexer.Token, error) {
	t := r.toks[r.next]
	r.next = min(r.next+1, len(r.toks)-1)
	return t, nil
}

// lookahead is the number of tokens that participle may go back. A mistake so
// near to the begin of an alternative is reported there, so it is located by
// parsing once more with less: see parseWith.
const lookahead = 3

// grammars is the grammar with a lookahead of 0 to 3, each made when it is needed: a
// right program needs only the last.
var grammars = func() (g [lookahead + 1]func() *participle.Parser[file]) {
	for k := range g {
		g[k] = sync.OnceValue(func() *participle.Parser[file] {
			return participle.MustBuild[file](participle.Lexer(definition{}), participle.UseLookahead(k))
		})
	}
	return g
}()

// production returns the parser of one rule of the grammar.
func production[P any](lookahead int) *participle.Parser[P] {
	p, err := participle.ParserForProduction[P](grammars[lookahead]())
	if err != nil {
		diag.Bugf("grammar: %v", err)
	}
	return p
}

// EBNF returns the grammar as the parser itself prints it, with the operators
// that it leaves to fold.go from the weakest to the strongest.
func EBNF() string {
	byPrecedence := make([][]string, 8)
	for op, p := range operators {
		byPrecedence[p] = append(byPrecedence[p], fmt.Sprintf("%q", op))
	}
	var groups []string
	for _, ops := range byPrecedence[1:] {
		slices.Sort(ops)
		groups = append(groups, strings.Join(ops, " | "))
	}
	return grammars[lookahead]().String() + "\n<operator> = " + strings.Join(groups, " | ") + " .\n"
}
