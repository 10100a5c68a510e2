#!/bin/bash
# Whole networks, netc against its peers, alternately. See README.md; alternate.sh
# has the settings.
#
#   docs/bench/nets_vs_ort.sh [-i avx2|avx512] [-t THREADS] [-b BATCH]
#                             [-p PEER,...] [-n] [NET...]
#
# NET is one of the peers' names (default: all eight), PEER one of ort, torch and
# opencv. With AVX-512 the peer is ONNX Runtime unless -p says more. With AVX2 it is the
# fastest that is held to AVX2: torch and OpenCV by their own switches, and ONNX Runtime,
# which has none, by the peers' CPUID mask where the processor can trap CPUID. Where it
# cannot, ONNX Runtime runs as the machine allows; its figure is printed in brackets and
# does not count.
#
# The peers' drivers wait until no other process is busy, a minute for each figure where
# one always is; with -n they measure at once, as netc does.
# A peer that fails, or is not done with a network after PEER_TIMEOUT seconds (default
# 180), is left out of that network from then on, and the reason is printed below it.
set -euo pipefail
. "$(dirname "$0")/alternate.sh"

PEER_TIMEOUT=${PEER_TIMEOUT:-180}
isa=avx2 threads=1 batch=1 peers= wait=yes
while getopts i:t:b:p:n flag; do
  case $flag in
    i) isa=$OPTARG ;; t) threads=$OPTARG ;; b) batch=$OPTARG ;; p) peers=$OPTARG ;; n) wait= ;;
    *) fail "the flags are -i ISA, -t THREADS, -b BATCH, -p PEER,... and -n" ;;
  esac
done
case $isa in
  avx2) peers=${peers:-ort,torch,opencv} ;;
  avx512) peers=${peers:-ort} ;;
  *) fail "there is no instruction set $isa; they are avx2 and avx512" ;;
esac
shift $((OPTIND - 1))
[ $# -gt 0 ] || set -- lenet5 squeezenet1_1 mobilenet_v2 efficientnet_b0 unet_small resnet18 resnet50 vgg16
[ "$threads" = 1 ] || pin=

# bounded CMD...: CMD alone, and not for ever.
bounded() { timed timeout -k 5 "$PEER_TIMEOUT" "$@"; }

# driver FILE ARGUMENT...: a Python driver of the peers.
driver() {
  local file=$1
  shift
  if [ -n "$wait" ]; then
    "$PY" -W ignore "$PEERS/py/$file" "$@"
  else
    PYTHONPATH=$PEERS/py "$PY" -W ignore -c 'import quiet, runpy, sys
quiet.wait_quiet = lambda limit: None
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")' "$PEERS/py/$file" "$@"
  fi
}
export -f driver
export PEERS PY wait

# The ms of one call of the network $name, whose shape is c h w, as each peer prints them.
ort=$PEERS_DIR/bin/ort
if [ -z "$wait" ] && command -v gcc >/dev/null; then
  hasty ort.c
  header=$(find "$PEERS_DIR/go" "$(go env GOMODCACHE)" -name onnxruntime_c_api.h 2>/dev/null | head -1)
  ! gcc -O2 -I"$(dirname "${header:-.}")" -o "$work/ort" "$work/src/ort.c" -ldl 2>/dev/null || ort=$work/ort
fi
mask= torch= opencv=
run_ort() {
  bounded env $mask "$ort" "$ORT_LIB" "$ONNX_DIR/$name.onnx" ort "$threads" "$batch" "$c" "$h" "$w" "$gflop" ${QUICK:+-q}
}
run_torch() { bounded env $torch bash -c 'driver "$@"' _ torch_infer.py torch "$threads" "$batch" "$name" -q; }
run_opencv() { bounded env $opencv bash -c 'driver "$@"' _ cvdnn.py opencv "$threads" "$batch" "$ONNX_DIR" "$name" -q; }

# round PEER: adds the fastest of its figures to PEER.ms, or a reason to PEER.out.
round() {
  local status=0
  [ ! -e "$work/$1.out" ] || return 0
  "run_$1" >"$work/lines" 2>"$work/errors" || status=$?
  awk -F'\t' '$6 + 0 > 0 { print $6 }' "$work/lines" | sort -g | head -1 >"$work/figure"
  if [ "$status" = 124 ] || [ "$status" = 137 ]; then
    echo "no answer after $PEER_TIMEOUT s" >"$work/$1.out"
  elif [ ! -s "$work/figure" ]; then
    { cat "$work/errors" "$work/lines"; echo "exit $status and no figure"; } | grep -m1 . | tail -c 160 >"$work/$1.out"
  fi
  cat "$work/figure" >>"$work/$1.ms"
}

# absent PEER: the reason why a peer cannot run here, or nothing.
absent() {
  case $1 in
    ort) [ -x "$ort" ] && [ -f "$ORT_LIB" ] || echo "there is no ONNX Runtime in $PEERS_DIR" ;;
    torch) "$PY" -c 'import torch' 2>/dev/null || echo "$PY has no torch" ;;
    opencv) "$PY" -c 'import cv2' 2>/dev/null || echo "$PY has no cv2" ;;
    *) fail "no peer is called $1; they are ort, torch and opencv" ;;
  esac
}

# Those of held count, those of free are for information.
held= free=
if [ "$isa" = avx2 ]; then
  torch="ONEDNN_MAX_CPU_ISA=AVX2 DNNL_MAX_CPU_ISA=AVX2 ATEN_CPU_CAPABILITY=avx2 OPENBLAS_CORETYPE=Haswell"
  opencv=OPENCV_CPU_DISABLE=AVX512F
fi
for p in ${peers//,/ }; do
  why=$(absent "$p")
  if [ -n "$why" ]; then
    echo "$p is left out: $why; the peers' setup.sh installs it"
  elif [ "$p $isa" != "ort avx2" ]; then
    held="$held $p"
  elif grep -qw cpuid_fault /proc/cpuinfo; then
    mask="MASKISA=avx2 LD_PRELOAD=$PEERS_DIR/bin/maskisa.so" held="$held $p"
  else
    free="$free $p"
  fi
done
[ -n "$held$free" ] || fail "no peer is left"

machine
echo "netc $isa, $threads threads, batch $batch, medians of $ROUNDS alternations, ms a call"
printf '%-16s %10s' network netc
for p in $held; do printf ' %12s' "$p"; done
for p in $free; do printf ' %12s' "($p)"; done
printf ' %7s %9s\n' ratio "of peak"
for name in "$@"; do
  read -r module network <<<"$(ours "$name")"
  read -r gflop c h w <"$ONNX_DIR/$name.txt"
  bench() { timed "$work/netc" bench "$module" --net "$network" --threads "$threads" --batch "$batch" --isa "$isa" --json; }
  bench >/dev/null || fail "netc bench failed" # builds the program
  rm -f "$work"/*.ms "$work"/*.out "$work"/share
  for _ in $(seq "$ROUNDS"); do
    [ -z "$wait" ] || calm
    bench >"$work/line"
    field ms_median <"$work/line" >>"$work/netc.ms"
    field ratio <"$work/line" >>"$work/share"
    for p in $held $free; do
      [ -z "$wait" ] || calm
      round "$p"
    done
  done
  a=$(median <"$work/netc.ms")
  printf '%-16s %10.3f' "$name" "$a"
  best=
  for p in $held; do
    b=$(median <"$work/$p.ms")
    [ ! -e "$work/$p.out" ] || b= # a part of the rounds is no median
    printf ' %12s' "$([ -n "$b" ] && printf %.3f "$b" || echo -)"
    best=$(printf '%s\n' $best $b | sort -g | head -1)
  done
  for p in $free; do printf ' %12s' "$(median <"$work/$p.ms" | awk '{ printf "(%.3f)", $1 }')"; done
  printf ' %7s %8.0f%%\n' "$([ -n "$best" ] && ratio "$best" "$a" || echo -)" "$(median <"$work/share" | awk '{ print 100 * $1 }')"
  for p in $held $free; do
    [ ! -e "$work/$p.out" ] || echo "  $p is left out of $name: $(cat "$work/$p.out")"
  done
done
