package cli

import (
	"time"

	"github.com/netc-lang/netc"
	"github.com/netc-lang/netc/ir"
	"github.com/netc-lang/netc/ir/text"
	"github.com/netc-lang/netc/ir/viz"
	"github.com/netc-lang/netc/runtime/weights"
)

// dumpPage collects what `netc compile --dump=html` shows.
type dumpPage struct {
	snapshots []viz.Snapshot
	notes     []string
	since     time.Time
}

// record makes the compilation tell the page of every pass.
func (p *dumpPage) record(o *netc.Options) {
	o.Log = func(line string) { p.notes = append(p.notes, line) }
	o.Dump = func(pass string, m *ir.Module) {
		took := time.Since(p.since)
		note := ""
		if len(p.snapshots) == 0 {
			took = 0 // reading and checking were part of it
		}
		if n := len(p.notes); n > 0 {
			note = p.notes[n-1][len(pass)+len(": "):]
		}
		p.snapshots = append(p.snapshots, viz.Snap(pass, note, took, m, text.PrintFunc))
		p.since = time.Now()
	}
}

// write compiles s and writes the page to out, or to standard output.
func (p *dumpPage) write(e *env, s *netc.Source, o netc.Options, out string) error {
	p.since = time.Now()
	built, err := e.compile(s, o)
	if err != nil {
		return err
	}
	page := viz.Page("The passes over "+built.Module.Source, p.snapshots, layers(built.Module, built.Tuning), built.Module)
	if out == "" {
		_, err = e.out.Write(page)
	} else {
		err = weights.WriteFileAtomic(out, page)
	}
	if err != nil {
		return failed(err)
	}
	return nil
}
