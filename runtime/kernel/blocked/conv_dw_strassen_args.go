package blocked

// Argument blocks of the kernels of codegen/kernel/convdw_strassen.go. Distances are in bytes.

type dwSumsArgs struct {
	x, s             *float32
	half, mate, each int
	planes           int
	xPlane, sPlane   int
	lines, xLine     int
	width, xPixel    int
}

type dwQuartersArgs struct {
	m, w       *float32
	each       int
	planes     int
	wPlane     int
	lines      int
	wLine      int
	width      int
	half, mate int
	add        int
}
