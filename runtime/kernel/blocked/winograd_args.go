package blocked

// Argument blocks of the Winograd kernels, whose laws stand in
// codegen/kernel/winograd*.go. Distances are in bytes.

type winoInArgs struct {
	x, v       *float32
	table      *winoTile
	tiles      int
	row, plane int
	xs         int
}

type winoGemmArgs struct {
	a, b, m      *float32
	groups, tail int
	as, bstep    int
	mstep        int
	tiles        int
	next         uintptr // for the caches only
	fetch        int
	pieces       int
	ahead        **float32
	aheads       int
	apart        int
	further      int
}

type winoOutArgs struct {
	m, y, res, bias  *float32
	table            *winoTile
	tiles            int
	xs               int
	row, plane       int
	resRow, resPlane int
	blocks           int
	flags            uint64 // of an ending
	lo, _            float32
	hi, _            float32
	alpha, _         float32
}

type winoDWArgs struct {
	a, b, s *float32
	groups  int
	as, bs  int
	sstep   int
	tiles   int
	resume  int
}

type winoWeightArgs struct {
	s, dw *float32
	n, xs int
}

type winoRowInArgs struct {
	x, v          *float32
	groups, tiles int
	row, tile     int
	ps, xs        int
}

type winoRowOutArgs struct {
	m, y, res       *float32
	xs, step        int
	tiles, last     int
	plane, resPlane int
	blocks          int
	flags           uint64 // of an ending
	lo, _           float32
	hi, _           float32
	alpha, _        float32
}
