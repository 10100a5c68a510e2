package console

import (
	"bytes"
	"errors"
	"flag"
	"strings"
	"testing"
)

func TestErrorsAreOneLine(t *testing.T) {
	var errs bytes.Buffer
	s := Streams{Err: &errs}
	if got := s.Fail(errors.New("two\nlines")); got != Failed || errs.String() != "netc: two lines\n" {
		t.Errorf("a failure: got code %d and %q", got, errs.String())
	}
	errs.Reset()
	if got := s.Usage("found %d", 3); got != WrongUsage || errs.String() != "netc: found 3\n" {
		t.Errorf("wrong usage: got code %d and %q", got, errs.String())
	}
}

func TestParse(t *testing.T) {
	for _, tt := range []struct {
		args     string
		code     int
		ok       bool
		out, err string // that is part of it
	}{
		{"-n 3", OK, true, "", ""},
		{"-n three", WrongUsage, false, "", "three"},
		{"-m", WrongUsage, false, "", "-m"},
		{"-h", OK, false, "how many", ""},
	} {
		var out, errs bytes.Buffer
		f := flag.NewFlagSet("test", flag.ContinueOnError)
		n := f.Int("n", 0, "how many")
		code, ok := Streams{Out: &out, Err: &errs}.Parse(f, strings.Fields(tt.args))
		if code != tt.code || ok != tt.ok || ok && *n != 3 {
			t.Errorf("%s: got code %d, %t and %d, want %d, %t", tt.args, code, ok, *n, tt.code, tt.ok)
		}
		if !strings.Contains(out.String(), tt.out) || !strings.Contains(errs.String(), tt.err) || (errs.Len() > 0) != (tt.err != "") {
			t.Errorf("%s: printed %q and %q", tt.args, out.String(), errs.String())
		}
	}
}
