package data

import (
	"encoding/csv"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/netc-lang/netc/runtime/data/augment"
)

// table is a data set in a CSV file with a header: each field reads a column. Pictures
// are paths from the folder of the file. A column `split` holds train, val or test;
// without it every split is the whole.
type table struct {
	spec    *Spec
	dir     string
	path    string
	columns []int // of each field
	rows    [][]string
	split   int // column, -1 for none
}

// openCSV opens csv(file, FIELD=COLUMN...); a field without a column of its own reads
// the one of its name.
func openCSV(spec *Spec, args *augment.Args, root string) (Source, error) {
	t := &table{spec: spec, split: -1}
	t.path = place(root, args.Text("file", ""))
	t.dir = filepath.Dir(t.path)
	f, err := os.Open(t.path)
	if err != nil {
		return nil, fmt.Errorf("%w: there is no file %s; put the data there, or say where they are with --data", ErrData, t.path)
	}
	defer f.Close()
	all, err := csv.NewReader(f).ReadAll()
	if err != nil {
		return nil, fmt.Errorf("%w: %s: %w", ErrData, t.path, err)
	}
	if len(all) < 2 {
		return nil, fmt.Errorf("%w: %s has no records below its header", ErrData, t.path)
	}
	header := all[0]
	header[0] = strings.TrimPrefix(header[0], "\ufeff")
	t.rows, t.split = all[1:], slices.Index(header, "split")
	for _, x := range spec.Fields {
		column := args.Text(x.Name, x.Name)
		at := slices.Index(header, column)
		if at < 0 {
			return nil, fmt.Errorf("%w: %s has no column %s for the field %s; it has %s", ErrData, t.path, column, x.Name, strings.Join(header, ", "))
		}
		if x.Kind == Mask || x.Kind == Boxes {
			return nil, fmt.Errorf("%w: csv reads pictures, labels, texts and numbers, and %s is a %v", ErrData, x.Name, x.Kind)
		}
		t.columns = append(t.columns, at)
	}
	return t, nil
}

func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}

func (t *table) Split(s Split) (Dataset, error) {
	if t.split < 0 {
		return &tableSet{t, t.rows}, nil
	}
	names := []Split{s}
	switch s {
	case Val:
		names = append(names, Test)
	case Test:
		names = append(names, Val)
	}
	for _, name := range names {
		var own [][]string
		for _, row := range t.rows {
			if row[t.split] == string(name) {
				own = append(own, row)
			}
		}
		if len(own) > 0 {
			return &tableSet{t, own}, nil
		}
	}
	return nil, fmt.Errorf("%w: no record of %s has %s in its column split", ErrData, t.path, s)
}

type tableSet struct {
	t    *table
	rows [][]string
}

// Classes returns the label of each record where there is one, and every record has it.
func (s *tableSet) Classes() []int32 {
	at, err := s.t.spec.only(Label)
	if err != nil {
		return nil
	}
	out := make([]int32, len(s.rows))
	for i := range s.rows {
		if out[i], err = s.label(i, at); err != nil {
			return nil
		}
	}
	return out
}

// label reads the label of a record.
func (s *tableSet) label(i, field int) (int32, error) {
	f, text := s.t.spec.Fields[field], s.rows[i][s.t.columns[field]]
	label := slices.Index(f.Labels, text)
	if label < 0 {
		n, err := strconv.Atoi(text)
		if err != nil || len(f.Labels) > 0 && n >= len(f.Labels) && (f.Ignore == 0 || n != f.Ignore) || n < 0 {
			return 0, fmt.Errorf("%w: %s: %q is no %s", ErrData, s.Name(i), text, strings.TrimSpace("label of "+f.Name+" "+f.Set))
		}
		label = n
	}
	return int32(label), nil
}

func (s *tableSet) Len() int { return len(s.rows) }

func (s *tableSet) Name(i int) string {
	return fmt.Sprintf("%s, %s", s.t.path, strings.Join(s.rows[i], ","))
}

func (s *tableSet) Read(i int, out *Sample) error {
	for k, f := range s.t.spec.Fields {
		text := s.rows[i][s.t.columns[k]]
		switch f.Kind {
		case Text:
			out.Texts[k] = text
		case Label:
			label, err := s.label(i, k)
			if err != nil {
				return err
			}
			out.Labels[k] = label
		case Array:
			v, err := strconv.ParseFloat(strings.TrimSpace(text), 32)
			if err != nil || math.IsNaN(v) || math.IsInf(v, 0) {
				return fmt.Errorf("%w: %s: %q is no number for %s", ErrData, s.Name(i), text, f.Name)
			}
			out.Numbers[k] = append(out.Numbers[k][:0], float32(v))
		default:
			path := filepath.FromSlash(text)
			if !filepath.IsAbs(path) {
				path = filepath.Join(s.t.dir, path)
			}
			if err := readPicture(&out.Pictures[k], path, f); err != nil {
				return err
			}
		}
	}
	return nil
}
