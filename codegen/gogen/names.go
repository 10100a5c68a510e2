package gogen

import (
	"fmt"
	"go/token"
	"strconv"
	"strings"
	"unicode"
)

// words splits free text into the parts of an identifier: letters and digits
// stay, everything else separates. "conv_2[0].weight" is conv 2 0 weight.
func words(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
}

// exported returns text as an exported Go identifier, "" when nothing of it can
// be one. This is the rule by which names of the source become names of Go: words
// of letters and digits are joined, each begins with a capital, and letters inside
// a word keep their case, so "FLAIR scan_2" is FLAIRScan2. What would begin with a
// digit gets an X in front.
func exported(text string) string {
	var b strings.Builder
	for _, w := range words(text) {
		r := []rune(w)
		r[0] = unicode.ToUpper(r[0])
		b.WriteString(string(r))
	}
	name := b.String()
	if name != "" && unicode.IsDigit([]rune(name)[0]) {
		name = "X" + name
	}
	if !token.IsExported(name) {
		return ""
	}
	return name
}

// unexported returns text as an unexported Go identifier that is no keyword and
// hides no name that generated code uses.
func unexported(text string) string {
	name := fieldName(text)
	if reserved[name] {
		name += "Value"
	}
	return name
}

// fieldName is unexported for the field of a struct, which hides nothing.
func fieldName(text string) string {
	var b strings.Builder
	for i, w := range words(text) {
		r := []rune(w)
		if i == 0 {
			// LeNet is leNet, HTTPHead is httpHead.
			upper := 0
			for upper < len(r) && unicode.IsUpper(r[upper]) {
				upper++
			}
			if upper > 1 && upper < len(r) && unicode.IsLetter(r[upper]) {
				upper--
			}
			for k := range upper {
				r[k] = unicode.ToLower(r[k])
			}
		} else {
			r[0] = unicode.ToUpper(r[0])
		}
		b.WriteString(string(r))
	}
	name := b.String()
	if name == "" || unicode.IsDigit([]rune(name)[0]) {
		name = "x" + name
	}
	if token.IsKeyword(name) {
		name += "Value"
	}
	return name
}

// reserved are names that generated code uses itself inside functions, imports
// and predeclared names that must keep their meaning.
var reserved = func() map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields(`
		a c e f g h i j k m n p r s t w x y ok err ctx img imgs lo hi yield
		any bool byte cap clear close complex copy delete error false float32 float64 imag int int32 int64
		iota len make max min new nil panic print println real recover rune string true uint uint8 append init main
		context embed errors fmt image iter kernel nrt parallel sync tensor testing train data unsafe vision weights math`) {
		m[w] = true
	}
	return m
}()

// scope hands out the identifiers of one Go scope. Names that users see are
// claimed: a clash is an error that tells both origins. Internal names are made
// unique by a number.
type scope struct{ origin map[string]string }

func newScope() *scope { return &scope{origin: map[string]string{}} }

// claim reserves name for what origin describes.
func (s *scope) claim(name, origin string) error {
	if old, taken := s.origin[name]; taken {
		return fmt.Errorf("%s and %s would both be called %s in Go; rename one", old, origin, name)
	}
	s.origin[name] = origin
	return nil
}

// unique returns name, or name with the smallest number that makes it new.
func (s *scope) unique(name string) string {
	for i := 1; ; i++ {
		try := name
		if i > 1 {
			try += strconv.Itoa(i)
			if unicode.IsDigit(rune(name[len(name)-1])) {
				try = name + "x" + strconv.Itoa(i)
			}
		}
		if _, taken := s.origin[try]; !taken {
			s.origin[try] = "a name of the generated code"
			return try
		}
	}
}

// checkPackageName refuses what cannot be a package clause.
func checkPackageName(name string) error {
	if !token.IsIdentifier(name) || name == "_" {
		return fmt.Errorf("%q cannot be the name of a Go package; give another with --pkg", name)
	}
	return nil
}
