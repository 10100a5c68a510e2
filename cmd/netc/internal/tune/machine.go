package tune

import (
	"bufio"
	"os"
	"runtime"
	"strconv"
	"strings"

	"github.com/netc-lang/netc/ir/target"
)

// ThisMachine describes the processor that this program runs on; where the system does
// not tell, its architecture.
func ThisMachine() target.Machine {
	m := target.Machine{CPU: runtime.GOARCH, L1: cacheBytes("index0"), L2: cacheBytes("index2")}
	f, err := os.Open("/proc/cpuinfo")
	if err != nil {
		return m
	}
	defer f.Close()
	found := map[string]string{}
	for lines := bufio.NewScanner(f); lines.Scan() && strings.TrimSpace(lines.Text()) != ""; {
		name, value, _ := strings.Cut(lines.Text(), ":")
		found[strings.TrimSpace(name)] = strings.ReplaceAll(strings.TrimSpace(value), " ", "-")
	}
	if v := found["vendor_id"]; v != "" {
		m.CPU = v + "-" + found["cpu family"] + "-" + found["model"]
	}
	return m
}

// cacheBytes is the size of one cache of the first core, 0 where it is not known.
func cacheBytes(index string) int {
	text, err := os.ReadFile("/sys/devices/system/cpu/cpu0/cache/" + index + "/size")
	if err != nil {
		return 0
	}
	n, err := strconv.Atoi(strings.TrimSuffix(strings.TrimSpace(string(text)), "K"))
	if err != nil {
		return 0
	}
	return n << 10
}
