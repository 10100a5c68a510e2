# Sourced by the comparisons: what they share. Each runs netc and a peer in turn,
# one thread pinned to CPU 0, under one lock, so that a change of clock or a busy
# neighbour meets both, and compares the medians of the rounds. Each run begins in a calm moment.
#
#   PEERS       folder with the peers' drivers (default ../shared/bench/peers
#               beside the repository); its setup.sh has been run
#   ROUNDS      alternations (default 7)
#   BENCH_LOCK  lock file that everything timed on this machine takes
#   BENCH_CPU   the processor of one-thread runs (default 0)

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
PEERS=${PEERS:-$root/../shared/bench/peers}
ROUNDS=${ROUNDS:-7}
net=$here/lenet5/lenet5.net

fail() { echo "$(basename "$0"): $*" >&2; exit 1; }

[ -f "$PEERS/env.sh" ] || fail "no peers in $PEERS; name their folder with PEERS=DIR"
[ "$ROUNDS" -ge 5 ] 2>/dev/null || fail "ROUNDS is $ROUNDS; fewer than 5 alternations say little"
. "$PEERS/env.sh"
for tool in flock taskset go; do
  command -v $tool >/dev/null || fail "$tool is not installed"
done

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
(cd "$root" && go build -o "$work/netc" ./cmd/netc) || fail "netc does not build"

# timed CMD...: CMD alone, on one CPU unless pin is empty.
pin="taskset -c ${BENCH_CPU:-0}"
timed() { flock "$BENCH_LOCK" $pin "$@"; }

# calm: waits, a minute at the most, until a kernel does 0.94 of the best share of the peak that it
# has done since the script began. For 10 to 500 ms at a time a host may run another guest on the
# other hardware thread of the core, beside whom everything takes a fifth to a half longer.
calm() {
  local end=$((SECONDS + 60)) share
  while [ $SECONDS -lt $end ]; do
    share=$(timed "$work/netc" bench kernels --isa "$isa" --fast --disturbed --json --filter '^conv1x1 forward 256x14x14->1024 1x1 s1$' | field ratio)
    echo "$share" >>"$work/shares"
    ! sort -g "$work/shares" | awk -v s="$share" '{ best = $1 } END { exit !(s >= 0.94 * best) }' || return 0
  done
}

# hasty FILE...: copies of the peers' sources in $work/src whose drivers neither wait
# until the machine is quiet nor measure again because it was not.
hasty() {
  mkdir -p "$work/src"
  (cd "$PEERS/src" && cp "$@" "$work/src")
  sed 's/^static inline void b_wait_quiet(double max_s) {$/&\n  if (max_s > 0) return;/; s/if (oth < 0.12) break;/break;/' "$PEERS/src/bench.h" >"$work/src/bench.h"
}

# field NAME: a number of the JSON line on standard input.
field() { sed -n 's/.*"'"$1"'":\([0-9.e+-]*\),.*/\1/p'; }

# netc_ms FLAGS...: the median of one run of netc bench, in ms.
netc_ms() { timed "$work/netc" bench "$net" --threads 1 --isa avx2 --json "$@" | field ms_median; }

# median NUMBERS: of lines on standard input.
median() { sort -g | awk '{ v[NR] = $1 } END { if (NR) print (v[int((NR + 1) / 2)] + v[int(NR / 2) + 1]) / 2 }'; }

machine() {
  sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -1
  echo "$(nproc) cores, $(go env GOVERSION)"
}

# ratio PEER NETC: how many times as fast netc is.
ratio() { awk -v p="$1" -v n="$2" 'BEGIN { printf "%.2f\n", p / n }'; }

# ours NAME: the module and net of the standard library that a peer's name means.
ours() {
  case $1 in
    lenet5) echo lenet LeNet5 ;; squeezenet1_1) echo squeezenet SqueezeNet11 ;;
    mobilenet_v2) echo mobilenet MobileNetV2 ;; efficientnet_b0) echo efficientnet EfficientNetB0 ;;
    unet_small) echo unet UNetSmall ;; resnet18) echo resnet ResNet18 ;;
    resnet50) echo resnet ResNet50 ;; vgg16) echo vgg VGG16 ;;
    *) fail "no network is called $1" ;;
  esac
}
