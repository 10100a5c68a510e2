package gogen

import (
	"regexp"
	"slices"
	"strings"

	"github.com/netc-lang/netc/codegen/kernel"
	"github.com/netc-lang/netc/internal/diag"
)

// writeRegions adds the files of the unit's own kernels: the loop nests and Go
// twins, which every target has; the assembly of each set with its stubs; and the
// choice between them, by the set that the program has selected when it starts.
func (u *unit) writeRegions(files map[string][]byte) {
	if len(u.regSeq) == 0 {
		return
	}
	var names []string
	var regions []kernel.Region
	for _, k := range u.regSeq {
		names = append(names, k.row)
		regions = append(regions, k.region)
	}
	asm, skipped, err := kernel.ElementwiseFile(u.header(), u.pkg, names, regions)
	if err != nil {
		diag.Bugf("gogen: %v", err)
	}
	f := newSource(u.header(), u.pkg)
	for _, k := range u.regSeq {
		if k.maps {
			k.writeMaps(f)
		} else {
			k.write(f)
		}
		name := k.row
		if why, none := skipped[k.row]; none {
			f.p("// %s is computed in Go: %s.", name, why)
		} else {
			name += "Go"
		}
		text := kernel.ElementwiseGo(name, k.region)
		f.use("unsafe")
		if strings.Contains(text, "math.") {
			f.use("math")
		}
		f.p("%s", text)
	}
	files[u.stem+"_net_kernels.go"] = f.bytes()
	if asm == nil {
		return
	}
	files[u.stem+"_net_amd64.s"] = asm
	files[u.stem+"_net_amd64.go"] = u.dispatch("amd64 && !purego", skipped, true)
	files[u.stem+"_net_generic.go"] = u.dispatch("!amd64 || purego", skipped, false)
}

// dispatch writes the functions that choose between the twins.
func (u *unit) dispatch(constraint string, skipped map[string]string, asm bool) []byte {
	f := newSource(u.header()+"//go:build "+constraint+"\n\n", u.pkg)
	if asm {
		f.use(pathKernel)
		f.p("// isa is decided once; NETC_ISA=generic and GODEBUG=cpu.avx2=off choose the Go twins.")
		f.p("var isa = kernel.Selected()")
		f.p("")
	}
	for _, k := range u.regSeq {
		if _, none := skipped[k.row]; none {
			continue
		}
		signature := strings.TrimPrefix(k.region.Signature(), "func")
		args := strings.Join(parameterName.FindAllString(signature, -1), ", ")
		sets, err := kernel.Sets(k.region)
		if err != nil {
			diag.Bugf("gogen: %v", err)
		}
		if asm {
			for _, s := range sets {
				f.p("//go:noescape")
				f.p("func %s%s", s.Function(k.row), signature)
				f.p("")
			}
		}
		f.p("func %s%s {", k.row, signature)
		if asm {
			f.p("switch {")
			for _, s := range slices.Backward(sets) {
				f.p("case isa >= kernel.%s:", strings.ToUpper(s.Name))
				f.p("%s(%s)", s.Function(k.row), args)
			}
			f.p("default:")
			f.p("%sGo(%s)", k.row, args)
			f.p("}")
		} else {
			f.p("%sGo(%s)", k.row, args)
		}
		f.p("}")
		f.p("")
	}
	return f.bytes()
}

// parameterName finds n, out0, in12 in a signature of [kernel.Region].
var parameterName = regexp.MustCompile(`\b(n|out\d+|in\d+)\b`)
