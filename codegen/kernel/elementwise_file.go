package kernel

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/pass"
	"github.com/mmcloughlin/avo/printer"
)

// ElementwiseFile returns one assembly file with a function of each of its [Sets] for each
// region that has a vector form, named by [ISA.Function] of names, and the reasons why
// the others have none, by name. header stands above the build constraint; asm is nil when
// no region has a form.
//
// Errors: a region that needs more than the machine has, which is a bug of the
// builder.
func ElementwiseFile(header, pkg string, names []string, regions []Region) (asm []byte, skipped map[string]string, err error) {
	c := build.NewContext()
	c.ConstraintExpr("amd64,!purego")
	skipped = map[string]string{}
	for i, r := range regions {
		sets, err := Sets(r)
		var unsupported *UnsupportedError
		if errors.As(err, &unsupported) {
			skipped[names[i]] = unsupported.Reason
		}
		for _, s := range sets {
			if err := Elementwise(c, s, s.Function(names[i]), r); err != nil {
				return nil, nil, err
			}
		}
	}
	if len(skipped) == len(regions) {
		return nil, skipped, nil
	}
	f, err := c.Result()
	if err != nil {
		return nil, nil, fmt.Errorf("kernel: elementwise regions of %s: %w", pkg, err)
	}
	if err := pass.Compile.Execute(f); err != nil {
		return nil, nil, fmt.Errorf("kernel: elementwise regions of %s: %w", pkg, err)
	}
	text, err := printer.NewGoAsm(printer.Config{Pkg: pkg, Name: "netc"}).Print(f)
	if err != nil {
		return nil, nil, err
	}
	// The printer begins with a line of its own about who generated the file.
	if i := bytes.IndexByte(text, '\n'); i >= 0 && bytes.HasPrefix(text, []byte("// Code generated")) {
		text = bytes.TrimLeft(text[i+1:], "\n")
	}
	return append([]byte(header), text...), skipped, nil
}
