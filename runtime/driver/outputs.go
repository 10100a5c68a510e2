package driver

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// output is one field of a prediction: its name and its JSON value. Values that
// have a name (a class) are strings.
type output struct {
	name  string
	value json.RawMessage
}

type outputs []output

// outputsOf takes a prediction apart, in the order of its fields.
func outputsOf(prediction any) (outputs, error) {
	text, err := json.Marshal(prediction)
	if err != nil {
		return nil, fmt.Errorf("found a prediction that holds no numbers (%w), expected finite ones; look for such numbers in the weights", err)
	}
	dec := json.NewDecoder(bytes.NewReader(text))
	if t, err := dec.Token(); err != nil || t != json.Delim('{') {
		return nil, fmt.Errorf("the prediction is no struct: %s", text)
	}
	var out outputs
	for dec.More() {
		name, err := dec.Token()
		if err != nil {
			return nil, err
		}
		var value json.RawMessage
		if err := dec.Decode(&value); err != nil {
			return nil, err
		}
		out = append(out, output{strings.ToLower(fmt.Sprint(name)), value})
	}
	return out, nil
}

func (o outputs) json(path string) string {
	name, err := json.Marshal(path)
	if err != nil {
		panic(err) // a string always has a JSON form
	}
	var b strings.Builder
	fmt.Fprintf(&b, `{"image":%s`, name)
	for _, f := range o {
		fmt.Fprintf(&b, `,%q:%s`, f.name, f.value)
	}
	b.WriteByte('}')
	return b.String()
}

func (o outputs) text(path string) string {
	var b strings.Builder
	b.WriteString(path + ":")
	for i, f := range o {
		if i > 0 {
			b.WriteByte(' ')
		}
		value, ok := scalarText(f.value)
		if !ok {
			if value, ok = arrayText(f.value); !ok {
				value = string(f.value)
			}
		}
		fmt.Fprintf(&b, " %s %s", f.name, value)
	}
	return b.String()
}

// scalarText is a word or a number for a line of text.
func scalarText(value json.RawMessage) (text string, ok bool) {
	var number float64
	var word string
	switch {
	case json.Unmarshal(value, &word) == nil:
		return word, true
	case json.Unmarshal(value, &number) == nil:
		return fmt.Sprintf("%.4g", number), true
	}
	return "", false
}

// arrayText describes an array for a line of text: its shape and the share of each
// class, or the range of its numbers. JSON output has all values.
func arrayText(value json.RawMessage) (text string, ok bool) {
	if words, shape := arrayOf[string](value); len(words) > 0 {
		count := map[string]int{}
		for _, w := range words {
			count[w]++
		}
		names := slices.SortedFunc(maps.Keys(count), func(a, b string) int {
			return cmp.Or(cmp.Compare(count[b], count[a]), strings.Compare(a, b))
		})
		for i, name := range names {
			names[i] = fmt.Sprintf("%s %.3g %%", name, 100*float64(count[name])/float64(len(words)))
		}
		return shapeText(shape) + " " + strings.Join(names, ", "), true
	}
	if numbers, shape := arrayOf[float64](value); len(numbers) > 0 {
		return fmt.Sprintf("%s from %.4g to %.4g", shapeText(shape), slices.Min(numbers), slices.Max(numbers)), true
	}
	return "", false
}

// arrayOf reads the JSON form of an nrt.Array, or of the rows of a mask.
func arrayOf[E any](value json.RawMessage) (elems []E, shape []int) {
	var array struct {
		Shape  []int `json:"shape"`
		Values []E   `json:"values"`
	}
	if json.Unmarshal(value, &array) == nil && len(array.Shape) > 0 {
		return array.Values, array.Shape
	}
	var rows [][]E
	if json.Unmarshal(value, &rows) == nil && len(rows) > 0 {
		return slices.Concat(rows...), []int{len(rows), len(rows[0])}
	}
	return nil, nil
}

func shapeText(shape []int) string {
	text := make([]string, len(shape))
	for i, n := range shape {
		text[i] = fmt.Sprint(n)
	}
	return strings.Join(text, "x")
}
