package kernel

import "slices"

// placed is an instruction after register allocation: sources of kind inReg name
// machine registers. dst is a machine register; a spill has dst -1 and a slot.
type placed struct {
	name  string
	src   []val
	dst   int
	tied  bool // the last source is the destination
	store int  // output written by a store, -1
	slot  int  // spill slot written, -1
}

// allocator assigns machine registers to a straight-line program, furthest next
// use first when it must spill (Belady). It is deterministic and never fails: an
// instruction reads at most three registers.
type allocator struct {
	out   []placed
	uses  [][]int // per virtual register, ascending instruction numbers that read it
	where []int   // machine register of each virtual one, -1
	slot  []int   // spill slot of each virtual register, -1
	owner []int   // virtual register in each machine register, -1
	slots int
	spill int // stores and reloads added
}

// allocate places code on the machine registers 0..registers-1.
func allocate(code []vop, virtuals, registers int) *allocator {
	a := &allocator{uses: make([][]int, virtuals), where: filled(virtuals), slot: filled(virtuals), owner: filled(registers)}
	for i, op := range code {
		for _, s := range op.src {
			if s.kind == inReg {
				a.uses[s.n] = append(a.uses[s.n], i)
			}
		}
	}
	for i, op := range code {
		a.place(i, op)
	}
	return a
}

func filled(n int) []int {
	s := make([]int, n)
	for i := range s {
		s[i] = -1
	}
	return s
}

func (a *allocator) place(i int, op vop) {
	var pinned []int // machine registers this instruction reads
	src := slices.Clone(op.src)
	for k, s := range src {
		if s.kind == inReg {
			src[k].n = a.fetch(i, s.n, pinned)
			pinned = append(pinned, src[k].n)
		}
	}
	var tied int
	if op.tied >= 0 {
		v := op.src[op.tied].n
		if tied = src[op.tied].n; a.nextUse(v, i+1) >= 0 {
			tied = a.free(i, pinned)
			a.out = append(a.out, placed{name: "VMOVUPS", src: []val{{inReg, src[op.tied].n}}, dst: tied, store: -1, slot: -1})
			src[op.tied].n = tied
		}
		pinned = append(pinned, tied)
	}
	for _, s := range op.src { // operands that die leave their registers
		if s.kind == inReg && a.where[s.n] >= 0 && a.nextUse(s.n, i+1) < 0 {
			a.owner[a.where[s.n]] = -1
			a.where[s.n] = -1
		}
	}
	dst := -1
	if op.dst >= 0 {
		if dst = tied; op.tied < 0 {
			dst = a.free(i, pinned)
		}
		if a.nextUse(op.dst, i+1) >= 0 {
			a.owner[dst], a.where[op.dst] = op.dst, dst
		}
	}
	a.out = append(a.out, placed{name: op.name, src: src, dst: dst, tied: op.tied >= 0, store: op.store, slot: -1})
}

// nextUse returns the first instruction from i on that reads v, -1 for none.
func (a *allocator) nextUse(v, i int) int {
	k, _ := slices.BinarySearch(a.uses[v], i)
	if k == len(a.uses[v]) {
		return -1
	}
	return a.uses[v][k]
}

// fetch returns a machine register that holds v, reloading it if need be.
func (a *allocator) fetch(i, v int, pinned []int) int {
	if a.where[v] < 0 {
		r := a.free(i, pinned)
		a.out = append(a.out, placed{name: "VMOVUPS", src: []val{{inSlot, a.slot[v]}}, dst: r, store: -1, slot: -1})
		a.spill++
		a.where[v], a.owner[r] = r, v
	}
	return a.where[v]
}

// free returns a machine register without owner and outside pinned; a value that
// must leave goes to its slot unless it is there already.
func (a *allocator) free(i int, pinned []int) int {
	victim, far := -1, -1
	for r, v := range a.owner {
		if slices.Contains(pinned, r) {
			// A register that dies in this instruction may be reused for its result,
			// but only after place has released it.
			if v >= 0 {
				continue
			}
			return r
		}
		if v < 0 {
			return r
		}
		if next := a.nextUse(v, i); next > far {
			victim, far = r, next
		}
	}
	v := a.owner[victim]
	if a.slot[v] < 0 {
		a.slot[v] = a.slots
		a.slots++
		a.out = append(a.out, placed{name: "VMOVUPS", src: []val{{inReg, victim}}, dst: -1, store: -1, slot: a.slot[v]})
		a.spill++
	}
	a.where[v], a.owner[victim] = -1, -1
	return victim
}
