package kernel

//go:generate go run ../../codegen/kernel/gen
