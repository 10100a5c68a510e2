package check

import (
	"slices"
	"strings"

	"github.com/netc-lang/netc/internal/diag"
)

// independent drops from a sorted list what has the cause of an earlier mistake: one
// value that went wrong shows wherever it is used. What is dropped explains others still.
func independent(list diag.List) diag.List {
	all := make([]told, len(list))
	for i, d := range list {
		all[i] = tell(d)
	}
	var out diag.List
	for i, d := range all {
		explained := slices.ContainsFunc(all, func(o told) bool { return misspells(o, d) || replaces(o, d) || cutsOff(o, d) || misplaced(o, d) }) ||
			slices.ContainsFunc(all[:i], func(o told) bool { return follows(o, d) })
		if !explained {
			out = append(out, list[i])
		}
	}
	return out
}

// misspells reports whether o is about a setting that may be the one that d misses: it is
// like that, or like none.
func misspells(o, d told) bool {
	if o.Code != "E0502" || d.Code != "E0501" || !sameDeclaration(d, o) {
		return false
	}
	meant, ok := strings.CutPrefix(o.Label, "did you mean ")
	meant = strings.TrimSuffix(meant, "?")
	short := len(o.Span.Text()) <= 3 // and like many a word
	return !ok || short || strings.Contains(d.Message, " has no "+meant) || strings.Contains(d.Message, " has neither "+meant)
}

// replaces reports whether o is about a setting that is there twice, one of which may be the
// one that d misses.
func replaces(o, d told) bool {
	return o.Code == "E0504" && strings.HasSuffix(o.Message, " is set twice") && d.Code == "E0501" && sameDeclaration(d, o)
}

// cutsOff reports whether o ends its line, which may have gone on with what d misses.
func cutsOff(o, d told) bool {
	return d.Code == "E0501" && (o.ofValues || o.Code == "E0101") && o.endsLine() && sameDeclaration(d, o)
}

// misplaced reports whether o is about steps that stand under the wrong word, so that d finds
// pictures of another size.
func misplaced(o, d told) bool {
	return d.Code == "E0506" && o.Code == "E0505" && strings.Contains(o.Message, " belongs into ") && sameDeclaration(d, o)
}

// follows reports whether an error does from one that stands in front of it.
func follows(o, d told) bool {
	return o.Severity == diag.Error && d.Severity == diag.Error &&
		slices.ContainsFunc(consequences, func(r consequence) bool { return r.holds(o, d) })
}

// A consequence is a way in which one mistake follows from an earlier one: whether d does
// so from o.
type consequence struct {
	because string
	holds   func(o, d told) bool
}

// onceOnALine are the codes of what is wrong once, however often a line shows it.
var onceOnALine = map[string]bool{"E0212": true, "E0223": true, "E0224": true, "E0304": true, "E0305": true, "E0306": true, "E0504": true}

// consequences are those of all subjects; their order says nothing.
var consequences = slices.Concat(ofNames, ofArguments, ofSizes, ofBlocks, ofSections)

// ofNames are those of names: what is called wrongly, or took the name of something else.
var ofNames = []consequence{
	{"what a name stands for is wrong, and shows so again", func(o, d told) bool {
		return o.Code == d.Code && strings.HasPrefix(d.Code, "E02") && d.Code != "E0225" && sharesName(o, d)
	}},
	{"a block that is called a net is so for every parameter, and a list too short for every index", func(o, d told) bool {
		return o.Code == d.Code && (onceOnALine[d.Code] || d.unknown()) && o.line == d.line
	}},
	{"a list has lost what is asked of it, wherever it is", func(o, d told) bool {
		return o.Code == "E0212" && d.Code == o.Code && o.Message == d.Message && o.Label == d.Label && sameDeclaration(o, d)
	}},
	{"it is meant by the name that is wrong there", func(o, d told) bool {
		meant := d.meant()
		return d.unknown() && meant != "" && (o.ofValues && slices.Contains(o.names(), meant) || o.behindName(meant))
	}},
	{"it is what was renamed, under its old name", func(o, d told) bool {
		return o.Label == d.Label && strings.HasPrefix(d.Label, "did you mean") && o.Span.Text() == d.Span.Text()
	}},
	{"it is what a field of the sample was called", func(o, d told) bool {
		return o.lacksField() != "" && o.lacksField() == d.lacksField()
	}},
	{"it is what a field was called, or a name that took that of a layer", func(o, d told) bool {
		return o.Code == d.Code && o.Message == d.Message && (d.Code == "E0101" || strings.HasSuffix(d.Message, "cannot be called"))
	}},
	{"a value that took the name of a layer has lost its own", func(o, d told) bool {
		return (o.Code == "E0302" && o.lacksOption() == "" && sameDeclaration(o, d) || o.ofValues && o.line == d.line) && d.unknown()
	}},
	{"a list took in a layer in place of a value", func(o, d told) bool {
		return o.ofValues && strings.HasSuffix(o.Message, "and this is a layer") && d.ofValues && sameDeclaration(o, d)
	}},
	{"a size took the name of a layer", func(o, d told) bool {
		return o.ofValues && strings.HasSuffix(d.Message, "cannot be called") && slices.Contains(o.words(), d.Span.Text())
	}},
	{"an input took the name of a block, and has lost its own", func(o, d told) bool {
		return o.unknown() && strings.HasSuffix(d.Message, "cannot be called") && sameDeclaration(o, d)
	}},
	{"the module has one net, and both mean it", func(o, d told) bool {
		return o.unknown() && d.unknown() && o.Hint == d.Hint && strings.HasPrefix(o.Hint, "its only net is ")
	}},
	{"its name and that of a parameter are wrong in one head", func(o, d told) bool {
		return o.unknown() && d.unknown() && o.meant() != "" && slices.Contains(d.headOf(d.meant()), o.meant())
	}},
	{"a line is cut off that gave something a name", func(o, d told) bool {
		return (o.ofValues || o.unknown()) && o.endsLine() && (d.unknown() && (d.behind() != "(" || strings.HasPrefix(strings.TrimSpace(o.text), "layer ")) || d.Code == "E0212") && (sameDeclaration(o, d) || o.Code == "E0223" && isUpper(d.Span.Text()))
	}},
	{"a mark in a name makes two of it", func(o, d told) bool {
		return d.Span.File == o.Span.File && d.Span.Start-o.Span.End <= 1 && o.line == d.line &&
			(o.lacksField() != "" && d.lacksField() != "" || o.lacksOption() != "" && d.unknown()) ||
			o.unknown() && strings.HasPrefix(o.Hint, "a parameter is ") && d.unknown() && sameDeclaration(o, d)
	}},
	{"a head is cut off behind the name, or in it", func(o, d told) bool {
		called, head := d.meant(), o.around()
		switch {
		case d.Code == "E0301":
			called, _, _ = strings.Cut(strings.TrimPrefix(d.Message, "`"), "` takes 0 values")
		case d.unknown() && strings.HasPrefix(d.Span.Text(), head):
			called = head
		}
		return o.unknown() && called != "" && called == head && slices.Equal(d.headOf(head), []string{"block", head})
	}},
	{"a loop is not gone through once a block that it uses is wrong", func(o, d told) bool {
		return o.inUse() && d.unknown() && d.usedInLoop(o.around())
	}},
	{"a loop or a choice that is not known gives nothing a name", func(o, d told) bool {
		return o.unknown() && headOfBody.MatchString(o.text) && d.unknown() && sameDeclaration(o, d)
	}},
	{"labels count nothing once their classes are lost", func(o, d told) bool {
		return (o.unknown() && isUpper(o.Span.Text()) || strings.HasPrefix(o.Message, "a field is ")) &&
			d.Code == "E0505" && strings.HasSuffix(d.Message, " and the sample has none")
	}},
	{"it took the name of another declaration", func(o, d told) bool {
		return o.isDeclaration() && d.isDeclaration() && o.thisIs() == d.thisIs()
	}},
	{"a name is declared twice, and nobody knows which of the two is meant", func(o, d told) bool {
		return o.Code == "E0110" && d.ofValues && slices.ContainsFunc(o.names(), func(name string) bool {
			return slices.Contains(markedNames(d.text), name) || slices.Contains(d.words(), name)
		})
	}},
	{"it is what that declaration is", func(o, d told) bool {
		return (o.Code == "E0111" || o.Code == "E0223") && strings.Contains(d.Message+" ", " "+o.declares()+" ")
	}},
	{"the module is not there, of which it is a part", func(o, d told) bool {
		return d.unknown() && (o.Code == "E0112" && !isModule(d.meant()) && strings.HasPrefix(d.behind(), ".") ||
			strings.Contains(o.Message, "this is the module"))
	}},
	{"two words are one, and cut a statement in two", func(o, d told) bool {
		return o.Code == "E0101" && d.Code == "E0502" && o.line == d.line
	}},
}

// ofArguments are those of arguments and options, and the lists that they stand in.
var ofArguments = []consequence{
	{"an option with a wrong name changes what the values are", func(o, d told) bool {
		return o.lacksOption() != "" && d.Code == "E0301" && o.line == d.line
	}},
	{"a comma lost turns two arguments into one of another type, and one too many puts an argument outside", func(o, d told) bool {
		return o.Code == "E0303" && (within(d.Span, o.Span) || d.ofValues && o.line == d.line)
	}},
	{"an `=` lacks between a name and its value", func(o, d told) bool {
		return o.unknown() && d.ofValues && o.Span.File == d.Span.File && d.Span.Start-o.Span.End == 1
	}},
	{"an index of a list is wrong that holds a wrong value", func(o, d told) bool {
		return o.ofValues && d.ofValues && d.Span != o.Span && within(d.Span, o.Span)
	}},
	{"a constant is wrong, wherever it is used", func(o, d told) bool {
		return o.ofValues && o.Code == d.Code && sharesConstant(o, d) &&
			(ends(d.lastWord())(o.lastWord()) || ends(o.lastWord())(d.lastWord()))
	}},
	{"a parameter has another name in the head than in the rest", func(o, d told) bool {
		return o.unknown() && d.lacksOption() != "" && o.Span.Text() == d.Span.Text()
	}},
	{"a use that gets something wrong may get too much", func(o, d told) bool {
		return o.ofValues && o.line == d.line && strings.HasSuffix(d.Message, ", and this is one more")
	}},
	{"what has no options has none of a whole line", func(o, d told) bool {
		return d.Code == "E0302" && o.lacksOption() != "" && o.lacksOption() == d.lacksOption() && o.line == d.line
	}},
}

// ofSizes are those of sizes and types.
var ofSizes = []consequence{
	{"sizes that one input binds are those of the next", func(o, d told) bool {
		wants, input, ok := d.misfit()
		theirs, other, both := o.misfit()
		return o.ofValues && d.ofValues && ok && both && wants == theirs && (input == other || o.line == d.line)
	}},
	{"a type that is promised wrongly refuses every use", func(o, d told) bool {
		return o.ofValues && d.ofValues && o.expects() != "" && o.expects() == d.expects()
	}},
	{"two sizes that do not meet in one place do not in another", func(o, d told) bool {
		return o.ofValues && d.ofValues && sameDeclaration(o, d) && sharedNumbers(o, d) >= 2
	}},
	{"a size with a wrong name goes on", func(o, d told) bool {
		return o.ofValues && d.ofValues && sameDeclaration(o, d) && sharesSize(o, d)
	}},
}

// ofBlocks are those of blocks and nets: their heads, bodies and uses.
var ofBlocks = []consequence{
	{"what a body returns is wrong, once something in it is", func(o, d told) bool {
		return o.ofValues && strings.Contains(d.Message, " is promised as ") && sameDeclaration(o, d)
	}},
	{"a block that does not fit is told where its first use without a mistake stands", func(o, d told) bool {
		who, _, ok := d.misfit()
		who = strings.Trim(who, "`")
		return ok && isUpper(who) && strings.Contains(o.text, who+"(")
	}},
	{"a line is there twice", func(o, d told) bool {
		return (o.Code == "E0306" && d.ofValues || o.ofValues && d.Code == "E0306" && o.line == d.line) && sameDeclaration(o, d)
	}},
	{"so is that of a stage, which is met only where a body is run", func(o, d told) bool {
		return d.Code == "E0306" && d.repeatsLine() && (o.ofValues || o.unknown())
	}},
	{"the head of that block is wrong", func(o, d told) bool {
		return d.ofValues && (strings.HasPrefix(d.Message, "`"+o.declared()+"` wants ") ||
			o.unknown() && strings.HasPrefix(d.Message, "`"+o.around()+"` wants "))
	}},
	{"its signature may be what is wrong", func(o, d told) bool {
		return o.ofValues && d.ofValues && (calls(o, d) ||
			o.inUse() && d.inUse() && sameDeclaration(o, d) && !sameUse(o, d) ||
			!sameUse(o, d) && (usesWithin(o, d) || usesWithin(d, o)))
	}},
	{"a body whose `return` is lost ends in something else", func(o, d told) bool {
		return o.Code == "E0220" && d.ofValues && d.Code != "E0306" && sameDeclaration(o, d)
	}},
	{"what is used there is wrong", func(o, d told) bool {
		return o.ofValues && d.ofValues && slices.ContainsFunc(o.Notes, func(n diag.Note) bool {
			return n.Message == usedAt && n.Span.File == d.Span.File && n.Span.Pos().Line == d.line
		})
	}},
	{"a loop runs too far, or one value went wrong twice in one use of a block", func(o, d told) bool {
		return o.ofValues && d.ofValues && sameUse(o, d) && (o.Code == d.Code && o.Message == d.Message || sameValue(o, d))
	}},
}

// ofSections are those of sections and their settings.
var ofSections = []consequence{
	{"a setting is there in place of another, with the values of that, and once more", func(o, d told) bool {
		return o.Code == "E0101" && d.Code == "E0504" && strings.HasPrefix(strings.TrimSpace(o.text), d.Span.Text()+" =") && sameDeclaration(o, d)
	}},
	{"the values of a setting have names of their own, and it goes by another name", func(o, d told) bool {
		return o.Code == "E0501" && d.unknown() && sameDeclaration(o, d)
	}},
	{"a field that is no picture is none for every step", func(o, d told) bool {
		return o.Code == "E0505" && d.Code == o.Code && strings.HasSuffix(d.Message, " is no picture") && sameDeclaration(o, d)
	}},
	{"what a section lacks, or calls wrongly, another asks for", func(o, d told) bool {
		return (o.Code == "E0501" || o.Code == "E0111") && d.Code == "E0505" && strings.Contains(d.Message, "the sample has no")
	}},
	{"a constant is wrong, in another section", func(o, d told) bool {
		return o.Code == "E0305" && d.Code == o.Code && strings.ContainsAny(d.lastWord(), "0123456789") && sameValue(o, d)
	}},
	{"the classes of a section are none", func(o, d told) bool {
		return o.ofValues && strings.HasPrefix(o.text, "classes") && strings.HasPrefix(d.Code, "E05")
	}},
	{"a section takes the same value twice", func(o, d told) bool {
		return o.ofValues && o.Code == d.Code && o.Message == d.Message && strings.Contains(d.Message, " has to be ") && sameDeclaration(o, d)
	}},
}
