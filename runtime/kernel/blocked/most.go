package blocked

import "github.com/netc-lang/netc/runtime/kernel"

// MostNeed returns the scratch floats that Run may take for up to n images, on the
// processor that wants most: what a compiler plans with, which may run on another one.
func (f ConvConfig) MostNeed(n int) (perWorker, shared int) {
	f.Split = f.Split.or(f.In, f.Out)
	return mostNeed(func(isa kernel.ISA) (int, int) {
		p := &Conv{ConvConfig: f}
		p.most = true
		p.Algo, p.ISA = p.Chosen(isa), isa
		p.method = methodOf(&p.ConvConfig)
		return p.Need(n)
	})
}

// MostNeed is [ConvConfig.MostNeed] for the gradient in the input.
func (f ConvDXConfig) MostNeed(n int) (perWorker, shared int) {
	algo := f.Algo
	return mostNeed(func(isa kernel.ISA) (int, int) {
		f.Algo, f.ISA, f.most = algo, isa, true
		return dxMethodOf(&f).need(n)
	})
}

// MostNeed is [ConvConfig.MostNeed] for the gradient in the weights.
func (f ConvDWConfig) MostNeed(n int) (perWorker, shared int) {
	return mostNeed(func(isa kernel.ISA) (int, int) {
		f.ISA = isa
		return dwMethodOf(&f).need(n)
	})
}

// mostNeed is the largest of the needs of the instruction sets.
func mostNeed(need func(kernel.ISA) (int, int)) (perWorker, shared int) {
	for _, isa := range []kernel.ISA{kernel.Generic, kernel.AVX2, kernel.AVX512} {
		own, all := need(isa)
		perWorker, shared = max(perWorker, own), max(shared, all)
	}
	return perWorker, shared
}
