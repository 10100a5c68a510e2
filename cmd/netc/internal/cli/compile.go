package cli

import (
	"encoding/json"
	"fmt"
	"go/parser"
	"go/token"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/netc-lang/netc"
	"github.com/netc-lang/netc/codegen"
	"github.com/netc-lang/netc/internal/diag"
	"github.com/netc-lang/netc/ir"
	"github.com/netc-lang/netc/ir/text"
	"github.com/netc-lang/netc/passes"
)

func newCompile(e *env) *cobra.Command {
	var (
		out, pkg, weights, dump string
		check                   bool
		isa, disable            []string
	)
	c := &cobra.Command{
		Use:   "compile FILE",
		Short: "write the Go package of a .net file",
		Long: `compile writes the Go package of a .net file: typed API, plan, kernels, weights,
tests and, in the folder train, the training half. The default output is a
subfolder named after the package, or the folder of FILE where it already holds
that package. With --check nothing is written; exit code 1 says that the files
on disk are stale.`,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: netFiles,
		RunE: func(_ *cobra.Command, args []string) error {
			s, err := netc.Open(args[0], e.in)
			if err != nil {
				return failed(err)
			}
			if err := checkGenerated(isa); err != nil {
				return exitError{exitUsage, err}
			}
			if pkg != "" && !token.IsIdentifier(pkg) {
				return exitError{exitUsage, fmt.Errorf("--pkg wants the name of a Go package, not %q", pkg)}
			}
			optional := optionalPasses()
			for _, name := range disable {
				if !slices.Contains(optional, name) {
					return exitError{exitUsage, fmt.Errorf("--disable wants optional passes, %s, not %q", strings.Join(optional, " "), name)}
				}
			}
			o := netc.Options{Package: pkg, Weights: weights, Train: true, Disable: disable}
			dumped := false
			var page dumpPage
			if dump == "html" {
				page.record(&o)
			} else if dump != "" {
				pass, ok := strings.CutPrefix(dump, "after:")
				if !ok || !slices.Contains(passNames(), pass) {
					return exitError{exitUsage, fmt.Errorf("--dump wants html, or after:PASS with one of %s", strings.Join(passNames(), " "))}
				}
				o.Dump = func(name string, m *ir.Module) {
					if name == pass {
						dumped = true
						fmt.Fprint(e.out, text.Print(m))
					}
				}
			}
			if dump == "html" {
				return page.write(e, s, o, out)
			}
			if e.verbose {
				o.Log = func(line string) { fmt.Fprintln(e.err, line) }
			}
			built, err := e.compile(s, o)
			if err != nil {
				return err
			}
			if dump != "" {
				if !dumped {
					return failed(fmt.Errorf("the pass %s did not run", dump))
				}
				return nil
			}
			dir := out
			if dir == "" {
				dir = outputDir(s, built.Name)
			}
			return e.emit(dir, built, check)
		},
	}
	f := c.Flags()
	f.StringVarP(&out, "output", "o", "", "folder of the package")
	f.StringVar(&pkg, "pkg", "", "name of the Go package (default: that of the source)")
	f.StringVar(&weights, "weights", "", "safetensors file to embed, or seeded for initial values (default: NAME.safetensors beside FILE)")
	f.StringVar(&dump, "dump", "", "print the IR after:PASS, or one html page about all passes, instead of writing files")
	f.StringSliceVar(&isa, "isa", []string{"avx2", "avx512"}, "instruction sets that the package shall serve, beside the Go twins: a package serves all of them")
	f.BoolVar(&check, "check", false, "only tell whether the files on disk are stale")
	f.StringSliceVar(&disable, "disable", nil, "optional passes to leave out")
	_ = c.RegisterFlagCompletionFunc("dump", func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		names := []string{"html"}
		for _, n := range passNames() {
			names = append(names, "after:"+n)
		}
		return names, cobra.ShellCompDirectiveNoFileComp
	})
	return c
}

// compile compiles s and reports its diagnostics; the error is ready to return
// from a verb.
func (e *env) compile(s *netc.Source, o netc.Options) (*netc.Package, error) {
	built, list, err := netc.Compile(s, o)
	e.report(list)
	if err != nil {
		return nil, failed(err)
	}
	if built == nil {
		return nil, reported(exitFailed)
	}
	if from := built.Weights.Path; !built.Weights.Asked && from != "" && !e.quiet {
		fmt.Fprintf(e.err, "netc: %s holds a part of the weights, and the others have their seeded initial values: %s is absent (train it)\n", from, s.DefaultWeights())
	} else if !built.Weights.Asked && !e.quiet {
		fmt.Fprintf(e.err, "netc: %s is absent: the package holds the seeded initial weights (train it, or ask for them with --weights seeded)\n", s.DefaultWeights())
	}
	return built, nil
}

// refused reports why a section cannot be run; it tells whether there is such a section
// for net, or for any where net is "".
func (e *env) refused(built *netc.Package, kind, net string) bool {
	var why diag.List
	for _, r := range built.Refused {
		if r.Kind == kind && (net == "" || r.Net == net) {
			why.Add(diag.Diagnostic{
				Code: "E0601", Span: r.Why.Span,
				Message: fmt.Sprintf("`%s %s` needs %s, which this version of netc can't compile yet", kind, r.Net, r.Why.What),
			})
		}
	}
	e.report(why)
	return len(why) > 0
}

// outputDir is the folder of the source where it already holds the package, else
// a subfolder named after it.
func outputDir(s *netc.Source, pkg string) string {
	files, err := filepath.Glob(filepath.Join(s.Dir, "*.go"))
	if err != nil {
		return filepath.Join(s.Dir, pkg)
	}
	for _, path := range files {
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.PackageClauseOnly)
		if err == nil && f.Name.Name == pkg {
			return s.Dir
		}
	}
	return filepath.Join(s.Dir, pkg)
}

// passNames lists the pipeline in running order.
func passNames() []string {
	var names []string
	for _, p := range passes.Pipeline() {
		names = append(names, p.Name)
	}
	return names
}

// optionalPasses lists the passes that may be left out.
func optionalPasses() []string {
	var names []string
	for _, p := range passes.Pipeline() {
		if !p.Required {
			names = append(names, p.Name)
		}
	}
	return names
}

// emitted is what --json tells of a package.
type emitted struct {
	Package string   `json:"package"`
	Folder  string   `json:"folder"`
	Files   []string `json:"files"`
	Stale   []string `json:"stale,omitempty"` // of --check
}

// emit writes the package, or only says which files are stale.
func (e *env) emit(dir string, built *netc.Package, check bool) error {
	told := emitted{Package: built.Name, Folder: dir, Files: slices.Sorted(maps.Keys(built.Files))}
	if check {
		stale, err := codegen.Check(dir, built.Files)
		if err != nil {
			return failed(err)
		}
		told.Stale = stale
		if err := e.tell(told); err != nil {
			return failed(err)
		}
		for _, name := range stale {
			fmt.Fprintf(e.err, "netc: %s is stale\n", filepath.Join(dir, name))
		}
		if len(stale) > 0 {
			return reported(exitFailed)
		}
		return nil
	}
	if err := codegen.Write(dir, built.Files); err != nil {
		return failed(fmt.Errorf("the package was not written: %w", err))
	}
	if e.verbose {
		fmt.Fprintf(e.err, "netc: wrote %d files to %s\n", len(built.Files), dir)
	}
	return e.tell(told)
}

// tell prints v where JSON is asked for.
func (e *env) tell(v any) error {
	if !e.json {
		return nil
	}
	return json.NewEncoder(e.out).Encode(v)
}
