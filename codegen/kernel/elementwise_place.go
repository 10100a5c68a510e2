package kernel

import (
	"cmp"
	"slices"
)

// placement is a program on the registers of a set. Constants that the program reads
// most often stay in the highest ones.
type placement struct {
	consts    [][8]uint32
	held      int        // the first of consts, in registers
	one, many *allocator // a group, and groups of them interleaved
	groups    int
}

const (
	mostGroups      = 4
	shortRegion     = 10 // instructions; so few wait for memory, not for one another
	fewestRegisters = 4  // three that an instruction reads, and a result
)

// place chooses what the loop of p holds in registers. Groups are interleaved, since
// an instruction takes three to eleven cycles and a processor looks only some hundred
// of them ahead; constants are held, since it loads no more than two vectors a cycle.
// Of the choices that spill nothing, the one with fewest loads a group is taken,
// and of those the one with most groups.
func place(p *lanes, registers int) placement {
	orderConsts(p)
	most := mostGroups
	if len(p.code) < shortRegion {
		most = 2
	}
	var best placement
	loads := 0
	for groups := most; groups > 1; groups-- {
		for held := min(len(p.consts), registers-fewestRegisters); held >= 0; held-- {
			code := hold(p, held)
			many := allocate(interleave(code, p.regs, groups), groups*p.regs, registers-held)
			if many.spill > 0 {
				continue
			}
			if n := constLoads(code, held); best.many == nil || n < loads {
				best = placement{p.consts, held, allocate(code, p.regs, registers-held), many, groups}
				loads = n
			}
			break
		}
	}
	if best.many == nil {
		one := allocate(p.code, p.regs, registers)
		best = placement{p.consts, 0, one, one, 1}
	}
	return best
}

// orderConsts numbers the constants by how often they are read, most often first.
func orderConsts(p *lanes) {
	reads := make([]int, len(p.consts))
	for _, op := range p.code {
		for _, s := range op.src {
			if s.kind == inConst {
				reads[s.n]++
			}
		}
	}
	order := make([]int, len(p.consts))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(reads[b], reads[a]) })
	rank, consts := make([]int, len(order)), make([][8]uint32, len(order))
	for to, from := range order {
		rank[from], consts[to] = to, p.consts[from]
	}
	for _, op := range p.code {
		for i, s := range op.src {
			if s.kind == inConst {
				op.src[i].n = rank[s.n]
			}
		}
	}
	p.consts = consts
}

// hold returns the code of p where the first constants are registers: no copy of one
// is made but for an instruction that overwrites it.
func hold(p *lanes, held int) []vop {
	copied, tied := map[int]val{}, map[int]bool{}
	for _, op := range p.code {
		if op.name == "VMOVUPS" && op.src[0].kind == inConst && op.src[0].n < held {
			copied[op.dst] = op.src[0]
		}
		if op.tied >= 0 {
			tied[op.src[op.tied].n] = true
		}
	}
	var code []vop
	for _, op := range p.code {
		if _, ok := copied[op.dst]; ok && op.dst >= 0 && !tied[op.dst] {
			continue
		}
		op.src = slices.Clone(op.src)
		for i, s := range op.src {
			if c, ok := copied[s.n]; ok && s.kind == inReg && !tied[s.n] {
				op.src[i] = c
			}
		}
		code = append(code, op)
	}
	return code
}

// constLoads counts the constants that code loads.
func constLoads(code []vop, held int) int {
	n := 0
	for _, op := range code {
		for _, s := range op.src {
			if s.kind == inConst && s.n >= held {
				n++
			}
		}
	}
	return n
}

// interleave writes code, which has so many registers, for some groups, instruction by
// instruction: operands and stores of group g are marked by g times nextGroup.
func interleave(code []vop, registers, groups int) []vop {
	out := make([]vop, 0, groups*len(code))
	for _, first := range code {
		for g := range groups {
			op := first
			op.src = slices.Clone(op.src)
			for i, s := range op.src {
				switch {
				case s.kind == inReg:
					op.src[i].n += g * registers
				case op.name == "load":
					op.src[i].n += g * nextGroup
				}
			}
			if op.dst >= 0 {
				op.dst += g * registers
			}
			if op.store >= 0 {
				op.store += g * nextGroup
			}
			out = append(out, op)
		}
	}
	return out
}

// nextGroup is added to the number of an operand or output for each group before.
const nextGroup = 1 << 16
