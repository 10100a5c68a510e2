package data

import (
	"fmt"
	"slices"

	"github.com/netc-lang/netc/runtime/data/augment"
)

// StepCall is a source or a step by name with its arguments filled in.
type StepCall = augment.Call

// Kind says what a field of a sample is.
type Kind uint8

// Pictures become f32 tensors (C, H, W), labels i32 scalars, masks i32 tensors
// (H, W). Boxes stay lists; see [Target]. Texts become as many i32 numbers as the step
// bpe makes of them. Arrays are f32 tensors as the source gives them.
const (
	Picture Kind = iota
	Label
	Mask
	Boxes
	Text
	Array
)

// Field is one entry of a sample.
type Field struct {
	Name string
	Kind Kind
	// H, W and C describe a picture as the source gives it. H and W are 0 where
	// every record may have its own.
	H, W, C int
	// Size is how many numbers an array has.
	Size int
	// Set names the channel axis of a picture (Gray, RGB, BGR) or what a label
	// counts; "" where there is no name.
	Set string
	// Labels are the names that a label counts.
	Labels []string
	// Ignore is a label that is none of these and that the loss leaves out, such as 255
	// in masks; 0 for none.
	Ignore int
}

// Step is a step and the names of the fields that share its draw.
type Step struct {
	Fields []string
	Call   StepCall
}

// Spec is a data section. Augment runs on training records, Eval on all others,
// Prep on both; Prep ends with chw.
type Spec struct {
	Name    string
	Source  StepCall
	Fields  []Field
	Augment []Step
	Eval    []Step
	Prep    []Step
	Targets []Target
	Mix     Mix // of training records; the zero value mixes none

	root string // set by Open: where relative paths of steps start
}

// ids is how many numbers prep makes of a text.
func (s *Spec) ids(name string) int {
	for _, step := range s.Prep {
		if n, ok := step.Call.Args["length"].(int64); ok && step.Call.Name == "bpe" && slices.Contains(step.Fields, name) {
			return int(n)
		}
	}
	return 0
}

// Target is what a detector should say of the boxes of each record: for each of the
// prior boxes the class of the true box it shows, which is NAME.cls in the batch, and
// that box, NAME.box.
type Target struct {
	Name    string
	Field   string    // of the boxes
	Priors  []float32 // rows of [cx, cy, w, h] in 0..1
	IoU     float64   // overlap from which a prior box shows a true one
	Classes int       // the class of a prior box that shows none
}

// field returns the index of the field called name.
func (s *Spec) field(name string) (int, error) {
	for i, f := range s.Fields {
		if f.Name == name {
			return i, nil
		}
	}
	return 0, fmt.Errorf("data %s has no field %s", s.Name, name)
}

// only returns the one field of kind k, for sources whose records have one.
func (s *Spec) only(k Kind) (int, error) {
	at := -1
	for i, f := range s.Fields {
		if f.Kind != k {
			continue
		}
		if at >= 0 {
			return 0, fmt.Errorf("data %s: the source %s gives one %v, and sample has several", s.Name, s.Source.Name, k)
		}
		at = i
	}
	if at < 0 {
		return 0, fmt.Errorf("data %s: the source %s gives a %v, and sample has none", s.Name, s.Source.Name, k)
	}
	return at, nil
}

func (k Kind) String() string {
	return [...]string{"picture", "label", "mask", "list of boxes", "text", "array"}[k]
}
