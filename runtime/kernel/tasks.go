package kernel

// tasks holds one description of each parallel task, so that runs allocate
// nothing.
type tasks struct {
	conv      convTask
	convDX    convDXTask
	lanes     lanesTask
	pixels    pixelsTask
	patch     patchTask
	patchDW   patchDWTask
	lanesDW   lanesDWTask
	convDW    convDWTask
	depth     depthTask
	depthDW   depthDWTask
	matmul    matmulTask
	gemm      gemmTask
	row       rowTask
	pool      poolTask
	bias      biasTask
	sgd       sgdTask
	update    updateTask
	gate      gateTask
	line      lineTask
	reduce    reduceTask
	batchNorm batchNormTask
	norm      normTask
	resize    resizeTask
	random    randomTask
}
