package kernel

import (
	"fmt"

	"github.com/mmcloughlin/avo/build"
)

// subject is one builder of the kernels below runtime/kernel; it writes a file for
// each instruction set, and one that checks the argument blocks.
type subject struct {
	pkg   string // the package, a folder of runtime/kernel
	name  string
	build func(c *build.Context, s ISA) error
	args  []argBlock
	calls func() ([]byte, error) // Go that calls the kernels by size; nil: none
}

// argBlock names a Go struct that kernels get a pointer to, and its fields, 8 bytes
// each, in order.
type argBlock struct {
	name   string
	fields []string
}

// blockedSubjects lists the files of runtime/kernel/blocked and runtime/kernel/tiles.
var blockedSubjects = []subject{
	{"blocked", "convdw", convDWs, []argBlock{{"convDWArgs", ConvDWFields}}, nil},
	{"blocked", "convdw_strassen", dwStrassens, []argBlock{{"dwSumsArgs", DWSumsFields}, {"dwQuartersArgs", DWQuartersFields}}, nil},
	{"blocked", "depthtaps", depthTapsAll, []argBlock{{"depthTapsArgs", DepthTapsFields}, {"depthFilterArgs", DepthFilterFields}}, nil},
	{"blocked", "depthwise", Depthwises, []argBlock{{"depthwiseArgs", DepthwiseFields}, {"depthBackArgs", DepthBackFields}}, nil},
	{"tiles", "direct", directs, []argBlock{{"Args", DirectFields}}, directCalls},
	{"tiles", "side", Sides, []argBlock{{"Side", SideFields}, {"SideRun", SideRunFields}}, nil},
	{"tiles", "product_row", productRows, []argBlock{{"Row", ProductRowFields}}, productRowCalls},
	{"blocked", "frame", Frame, nil, nil},
	{"blocked", "maprows", MapRows, []argBlock{{"mapRowsArgs", MapRowsFields}}, mapRowCalls},
	{"blocked", "pool", BlockedPools, []argBlock{{"poolArgs", PoolFields}}, nil},
	{"blocked", "move", Moves, nil, nil},
	{"blocked", "scaleweights", ScaleWeights, nil, nil},
	{"blocked", "rows", Rows, []argBlock{{"rowArgs", RowFields}}, nil},
	{"blocked", "winograd", Winograd, []argBlock{
		{"winoTile", WinoTileFields}, {"winoInArgs", WinoInFields},
		{"winoGemmArgs", WinoGemmFields}, {"winoOutArgs", WinoOutFields},
		{"winoDWArgs", WinoDWFields}, {"winoWeightArgs", WinoWeightFields}, {"winoPackArgs", WinoPackFields},
	}, winoCalls},
	{"blocked", "winograd_row", WinogradRow, []argBlock{{"winoRowInArgs", WinoRowInFields}, {"winoRowOutArgs", WinoRowOutFields}}, nil},
}

// Blocked returns the generated files of the packages below runtime/kernel: for each subject
// and instruction set the assembly with its Go declarations. The result is the same
// bytes at every call.
func Blocked() ([]File, error) {
	var files []File
	for _, sub := range blockedSubjects {
		for _, s := range ISAs {
			c := build.NewContext()
			c.ConstraintExpr("amd64,!purego")
			if err := sub.build(c, s); err != nil {
				return nil, fmt.Errorf("%s: %w", sub.name, err)
			}
			if f, err := c.Result(); err == nil && len(f.Functions()) == 0 {
				continue // a subject of one set only
			}
			asm, stubs, err := Print(c, sub.pkg)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", sub.name, err)
			}
			name := sub.pkg + "/" + sub.name + "_" + s.Name
			files = append(files, File{name + "_amd64.s", asm}, File{name + "_asm_amd64.go", stubs})
		}
		if len(sub.args) > 0 {
			layout, err := layoutFile(sub.pkg, sub.args)
			if err != nil {
				return nil, err
			}
			files = append(files, File{sub.pkg + "/" + sub.name + "_layout_amd64.go", layout})
		}
		if sub.calls != nil {
			calls, err := sub.calls()
			if err != nil {
				return nil, err
			}
			files = append(files, File{sub.pkg + "/" + sub.name + "_calls_amd64.go", calls})
		}
	}
	return files, nil
}
