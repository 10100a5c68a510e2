package blocked

import (
	"sync"

	"github.com/netc-lang/netc/runtime/kernel/tiles"
)

// pixelTable is where the pixels of a chunk lie. The first chunk makes it, since a chain
// never runs its convolutions by themselves: their tables were half of what the plans of
// MobileNetV2 wrote at a start.
type pixelTable struct {
	images, rows int // of the chunk
	once         sync.Once
	all          []tiles.Pixel
}

// pixelSheet is what tables are cut from.
var pixelSheet = sheet[tiles.Pixel]{size: 64 << 10}
