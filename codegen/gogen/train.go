package gogen

import "github.com/netc-lang/netc/ir"

func train(m *ir.Module, o Options, files map[string][]byte) error { return nil }
