package gogen

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/netc-lang/netc/ir/eval"
	"github.com/netc-lang/netc/ir/target"
)

// randomProgram runs every network of the packages, forward and one training step, and
// writes what it finds as records: name, number of values, values. The arguments are
// the file to write, the number of threads and the batches of inference.
const randomProgram = `package main

import (
	"bufio"
	"encoding/binary"
	"math"
	"os"
	"reflect"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"testing"

IMPORTS
	nrt "github.com/netc-lang/netc/runtime"
	"github.com/netc-lang/netc/runtime/data"
	"github.com/netc-lang/netc/runtime/tensor"
	"github.com/netc-lang/netc/runtime/train"
)

var out *bufio.Writer

func main() {
	file, err := os.Create(os.Args[1])
	check(err)
	out = bufio.NewWriterSize(file, 1<<20)
	threads, err := strconv.Atoi(os.Args[2])
	check(err)
	for _, arg := range os.Args[3:] {
		n, err := strconv.Atoi(arg)
		check(err)
INFER
	}
TRAIN
	check(out.Flush())
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}

func record(name string, values []float32) {
	head := binary.LittleEndian.AppendUint32(nil, uint32(len(name)))
	head = binary.LittleEndian.AppendUint32(append(head, name...), uint32(len(values)))
	out.Write(head)
	var word [4]byte
	for _, v := range values {
		binary.LittleEndian.PutUint32(word[:], math.Float32bits(v))
		out.Write(word[:])
	}
}

// flat returns the numbers of a nested result.
func flat(v reflect.Value, to []float32) []float32 {
	if v.Kind() == reflect.Float32 {
		return append(to, float32(v.Float()))
	}
	for i := range v.Len() {
		to = flat(v.Index(i), to)
	}
	return to
}

// same fails where image i of the results of a batch is not the result of one image.
func same(name string, i int, batch, one any) {
	got, want := reflect.ValueOf(batch), reflect.ValueOf(one)
	a, b := flat(got.Slice(i*want.Len(), (i+1)*want.Len()), nil), flat(want, nil)
	for k := range b {
		if math.Float32bits(a[k]) != math.Float32bits(b[k]) {
			panic(name + ": image " + strconv.Itoa(i) + " has other bits than alone")
		}
	}
}

// quiet fails where f allocates; the loops in Go, which take their time, are spared.
func quiet(name string, f func()) {
	if !strings.HasPrefix(os.Getenv("NETC_ISA"), "avx") {
		return
	}
	defer debug.SetGCPercent(debug.SetGCPercent(-1)) // the collector allocates for itself
	least := testing.AllocsPerRun(1, f)
	for range 4 { // what Go itself allocates now and then comes once
		least = min(least, testing.AllocsPerRun(1, f))
		if least == 0 {
			return
		}
	}
	panic(name + ": a call allocates " + strconv.Itoa(int(least)) + " times")
}

// atOnce runs f several times at the same time.
func atOnce(f func()) {
	var calls sync.WaitGroup
	for range 3 {
		calls.Go(f)
	}
	calls.Wait()
}

func fill(x []float32) {
	for i := range x {
		x[i] = tensor.Uniform(1, 0, uint64(i))*2 - 1
	}
}

func step(name string, p *train.Program, threads, c, h, w int) {
	m, err := p.New(threads, 8)
	check(err)
	m.Init(3)
	for _, s := range m.States() {
		record(name+" before "+s.Name, s.Data)
	}
	b := data.NewBatch(2)
	fill(b.AddPicture("image", c, h, w))
	loss, _ := m.Step(b, 0.01, 5)
	record(name+" loss", []float32{loss})
	for _, s := range m.Slots() {
		record(name+" slot "+s.Name, s.Data)
	}
	for _, s := range m.States() {
		record(name+" state "+s.Name, s.Data)
	}
	loss, _ = m.Eval(b)
	record(name+" eval", []float32{loss})
	quiet(name+" step", func() { m.Step(b, 0.01, 6) })
	quiet(name+" eval", func() { m.Eval(b) })
	m.Close()
}
`

// writeRandom writes the packages of the nets in each variant and the program.
func writeRandom(t *testing.T, w *workspace, nets []randomNet, variants []randomVariant) {
	t.Helper()
	var imports, infer, training strings.Builder
	for _, v := range variants {
		m := together(nets)
		states := map[string]*eval.Tensor{}
		for _, n := range nets {
			for name, x := range initialStates(n.module) {
				states[n.name+"."+name] = x
			}
		}
		for _, s := range m.States {
			states[weightKey(m, s)] = states[s.Net+"."+s.Name]
		}
		machine := target.Default(target.AVX2)
		machine.Layouts, machine.Group = v.layouts, v.group
		if v.tight {
			for i, n := range nets {
				m.Trains[i] = tightest(t, n.module, machine)
			}
		}
		plan := planOn(t, m, machine, v.disable...)
		if v.algo != "" {
			if asked := ask(plan, v.algo); asked["conv"] < 10 || asked["conv_dx"] < 10 {
				t.Errorf("got the layers %v by %s, want 10 and more, forward and gradients", asked, v.algo)
			}
		}
		files, err := Package(plan, Options{Package: v.name, Name: v.name, Version: "v0.0.0", Weights: encode(t, m, states), Train: true})
		if err != nil {
			t.Fatal(err)
		}
		w.add(v.name, files)
		fmt.Fprintf(&imports, "\t%s \"example.com/user/%s\"\n\t%strain \"example.com/user/%s/train\"\n", v.name, v.name, v.name, v.name)
		for _, n := range nets {
			p := func(format string, args ...any) { fmt.Fprintf(&infer, "\t\t"+format+"\n", args...) }
			key := v.name + " " + n.name
			constructor, program := "New"+n.name, n.name+"Program"
			if len(nets) == 1 {
				constructor, program = "New", "Program"
			}
			p("{")
			p("net, err := %s.%s(nrt.Threads(threads))", v.name, constructor)
			p("check(err)")
			p("s, err := net.NewSession(n)")
			p("check(err)")
			p("fill(s.Image())")
			p("check(s.Run())")
			p("check(s.Run()) // which meets what the first run left behind")
			p("quiet(%q+arg, func() { check(s.Run()) })", key+" ")
			p("record(%q+arg+\" map\", flat(reflect.ValueOf(s.Map()), nil))", key+" ")
			p("record(%q+arg+\" rows\", flat(reflect.ValueOf(s.Rows()), nil))", key+" ")
			p("alone, err := net.NewSession(1)")
			p("check(err)")
			p("for i := range n { // an image gives the same bits in every company")
			p("each := len(alone.Image())")
			p("copy(alone.Image(), s.Image()[i*each:])")
			p("check(alone.Run())")
			p("same(%q+arg, i, s.Map(), alone.Map())", key+" ")
			p("same(%q+arg, i, s.Rows(), alone.Rows())", key+" ")
			p("}")
			p("alone.Close()")
			p("if n == 2 { // a model serves any number of sessions at the same time")
			p("atOnce(func() {")
			p("o, err := net.NewSession(n)")
			p("check(err)")
			p("fill(o.Image())")
			p("check(o.Run())")
			p("same(%q+\"at once\", 0, o.Map(), s.Map())", key+" ")
			p("same(%q+\"at once\", 0, o.Rows(), s.Rows())", key+" ")
			p("o.Close()")
			p("})")
			p("}")
			p("s.Close()")
			p("}")
			d := n.module.Funcs[0].Inputs[0].Type.Dims
			fmt.Fprintf(&training, "\tstep(%q, %strain.%s(), threads, %v, %v, %v)\n", key, v.name, program, d[1].Size, d[2].Size, d[3].Size)
		}
	}
	text := strings.NewReplacer("IMPORTS\n", imports.String(), "INFER\n", infer.String(), "TRAIN\n", training.String()).Replace(randomProgram)
	w.write("cmd/random/main.go", []byte(text))
}

// runRandom runs the program and returns what it recorded.
func (w *workspace) runRandom(env []string, program, threads string, batches ...string) []byte {
	w.t.Helper()
	file := filepath.Join(w.dir, "records")
	w.exec(env, program, append([]string{file, threads}, batches...)...)
	out, err := os.ReadFile(file)
	if err != nil {
		w.t.Fatal(err)
	}
	return out
}

// records reads what randomProgram writes.
func records(t *testing.T, data []byte) map[string][]float32 {
	t.Helper()
	r := bytes.NewReader(data)
	word := func() (int, bool) {
		var b [4]byte
		_, err := io.ReadFull(r, b[:])
		return int(binary.LittleEndian.Uint32(b[:])), err == nil
	}
	out := map[string][]float32{}
	for {
		n, ok := word()
		if !ok {
			return out
		}
		name := make([]byte, n)
		io.ReadFull(r, name)
		n, _ = word()
		raw := make([]byte, 4*n)
		if _, err := io.ReadFull(r, raw); err != nil {
			t.Fatalf("record %s is cut: %v", name, err)
		}
		values := make([]float32, n)
		for i := range values {
			values[i] = math.Float32frombits(binary.LittleEndian.Uint32(raw[4*i:]))
		}
		out[string(name)] = values
	}
}

// firstDifference names a record that differs.
func firstDifference(t *testing.T, a, b []byte) string {
	x, y := records(t, a), records(t, b)
	for name, v := range x {
		for i := range v {
			if len(y[name]) != len(v) || math.Float32bits(v[i]) != math.Float32bits(y[name][i]) {
				return fmt.Sprintf("%s[%d]", name, i)
			}
		}
	}
	return "nothing that was recorded"
}
