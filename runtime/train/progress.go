package train

import (
	"fmt"
	"io"
	"strings"
	"time"
)

// Lines returns a reporter that writes one plain line an epoch to w.
func Lines(w io.Writer) Reporter { return &lines{w: w} }

type lines struct{ w io.Writer }

func (l *lines) Step(StepEvent) {}

func (l *lines) Epoch(e EpochEvent) { fmt.Fprintln(l.w, epochLine(e)) }

func (l *lines) Done(Result) {}

func epochLine(e EpochEvent) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%sepoch %*d/%d  loss %.4f%s  val loss %.4f%s  %.0f images/s  %s",
		inPhase(e.Phase), digits(e.Epochs), e.Epoch, e.Epochs, e.Loss, named(e.Metrics), e.ValLoss, named(e.ValMetrics), e.ImagesPerSecond, clock(time.Duration(e.Seconds*float64(time.Second))))
	return b.String()
}

func inPhase(name string) string {
	if name == "" {
		return ""
	}
	return name + "  "
}

func named(vs []Value) string {
	var b strings.Builder
	for _, v := range vs {
		fmt.Fprintf(&b, "  %s %.4f", v.Name, v.Value)
	}
	return b.String()
}

// Status returns a reporter for a terminal: a status line that is redrawn while
// an epoch runs, and one line that stays for each epoch. width returns the
// columns of the terminal.
func Status(w io.Writer, width func() int) Reporter { return &status{w: w, width: width} }

// redraw is the time between two drawings of the status line.
const redraw = 100 * time.Millisecond

type status struct {
	w     io.Writer
	width func() int
	last  time.Duration
	drawn bool
}

// The line is erased before it is written anew; both sequences are of ECMA-48.
const (
	eraseLine = "\r\x1b[K"
)

func (s *status) Step(e StepEvent) {
	if s.drawn && e.Elapsed-s.last < redraw && e.Batch != e.Batches {
		return
	}
	s.last, s.drawn = e.Elapsed, true
	text := fmt.Sprintf("%sepoch %*d/%d  step %*d/%d  loss %.4f", inPhase(e.Phase), digits(e.Epochs), e.Epoch, e.Epochs, digits(e.Steps), e.Step, e.Steps, e.Loss)
	for i, m := range e.Names {
		if !finite(e.Metrics[i]) {
			continue
		}
		text += fmt.Sprintf("  %s %.4f", m.Name, e.Metrics[i])
	}
	text += fmt.Sprintf("  %.0f images/s  ETA %s", e.ImagesPerSecond(), clock(e.Remaining()))
	// A line that fills the last column may wrap, and then cannot be erased.
	if cut := s.width() - 1; cut > 0 && len(text) > cut {
		text = text[:cut]
	}
	fmt.Fprint(s.w, eraseLine+text)
}

func (s *status) Epoch(e EpochEvent) {
	s.erase()
	fmt.Fprintln(s.w, epochLine(e))
}

func (s *status) Done(Result) { s.erase() }

// erase removes the status line; errors and results are printed after it.
func (s *status) erase() {
	if s.drawn {
		fmt.Fprint(s.w, eraseLine)
		s.drawn = false
	}
}

// Erase removes the status line of r, if it has one, before something else is
// written to the terminal.
func Erase(r Reporter) {
	if s, ok := r.(*status); ok {
		s.erase()
	}
}

// clock writes a duration as 0:07, 12:34 or 1:02:03.
func clock(d time.Duration) string {
	s := int(d.Round(time.Second).Seconds())
	if s >= 3600 {
		return fmt.Sprintf("%d:%02d:%02d", s/3600, s/60%60, s%60)
	}
	return fmt.Sprintf("%d:%02d", s/60, s%60)
}

func digits(n int) int { return len(fmt.Sprint(n)) }
