#!/bin/bash
# Whole networks, netc against its peers, alternately. See README.md; alternate.sh
# has the settings.
#
#   docs/bench/nets_vs_ort.sh [-i avx2|avx512] [-t THREADS] [-b BATCH] [NET...]
#
# NET is one of the peers' names (default: all eight). With AVX-512 the peer is ONNX
# Runtime. With AVX2 it is the fastest that is held to AVX2: torch and OpenCV by their
# own switches, and ONNX Runtime, which has none, by the peers' CPUID mask where the
# processor can trap CPUID. Where it cannot, ONNX Runtime runs as the machine allows;
# its figure is printed in brackets and does not count.
set -euo pipefail
. "$(dirname "$0")/alternate.sh"

isa=avx2 threads=1 batch=1
while getopts i:t:b: flag; do
  case $flag in
    i) isa=$OPTARG ;; t) threads=$OPTARG ;; b) batch=$OPTARG ;;
    *) fail "the flags are -i ISA, -t THREADS and -b BATCH" ;;
  esac
done
shift $((OPTIND - 1))
[ $# -gt 0 ] || set -- lenet5 squeezenet1_1 mobilenet_v2 efficientnet_b0 unet_small resnet18 resnet50 vgg16
[ "$threads" = 1 ] || pin=

# Each peer prints the ms of one call of the network $name, whose shape is c h w.
ort=$PEERS_DIR/bin/ort
[ -x "$ort" ] && [ -f "$ORT_LIB" ] || fail "no ONNX Runtime in $PEERS_DIR; run the peers' setup.sh"
mask=
peer_onnxruntime() {
  timed env $mask "$ort" "$ORT_LIB" "$ONNX_DIR/$name.onnx" ort "$threads" "$batch" "$c" "$h" "$w" "$gflop" ${QUICK:+-q} |
    awk -F'\t' '{ print $6 }'
}
peer_torch() {
  timed env ONEDNN_MAX_CPU_ISA=AVX2 DNNL_MAX_CPU_ISA=AVX2 ATEN_CPU_CAPABILITY=avx2 OPENBLAS_CORETYPE=Haswell \
    "$PY" -W ignore "$PEERS/py/torch_infer.py" torch "$threads" "$batch" "$name" -q |
    awk -F'\t' '$6 + 0 > 0 { print $6 }' | sort -g | head -1
}
peer_opencv() {
  timed env OPENCV_CPU_DISABLE=AVX512F "$PY" -W ignore "$PEERS/py/cvdnn.py" opencv "$threads" "$batch" "$ONNX_DIR" "$name" -q |
    awk -F'\t' '$6 + 0 > 0 { print $6 }'
}

# Those of held count, those of free are for information.
held=onnxruntime free=
if [ "$isa" = avx2 ]; then
  if grep -qw cpuid_fault /proc/cpuinfo; then
    mask="MASKISA=avx2 LD_PRELOAD=$PEERS_DIR/bin/maskisa.so"
  else
    held= free=onnxruntime
  fi
  "$PY" -c 'import torch' 2>/dev/null && held="$held torch"
  "$PY" -c 'import cv2' 2>/dev/null && held="$held opencv"
  [ -n "$held" ] || fail "no peer here can be held to AVX2; run the peers' setup.sh"
fi

machine
echo "netc $isa, $threads threads, batch $batch, medians of $ROUNDS alternations, ms a call"
printf '%-16s %10s' network netc
for p in $held; do printf ' %12s' "$p"; done
for p in $free; do printf ' %14s' "($p)"; done
printf ' %7s %9s\n' ratio "of peak"
for name in "$@"; do
  read -r module network <<<"$(ours "$name")"
  read -r gflop c h w <"$ONNX_DIR/$name.txt"
  bench() { timed "$work/netc" bench "$module" --net "$network" --threads "$threads" --batch "$batch" --isa "$isa" --json; }
  bench >/dev/null || fail "netc bench failed" # builds the program
  rm -f "$work"/*.ms "$work"/share
  for _ in $(seq "$ROUNDS"); do
    bench >"$work/line"
    field ms_median <"$work/line" >>"$work/netc.ms"
    field ratio <"$work/line" >>"$work/share"
    for p in $held $free; do "peer_$p" >>"$work/$p.ms"; done
  done
  a=$(median <"$work/netc.ms")
  printf '%-16s %10.3f' "$name" "$a"
  best=
  for p in $held; do
    b=$(median <"$work/$p.ms")
    printf ' %12.3f' "${b:-nan}"
    best=$(printf '%s\n' $best $b | sort -g | head -1)
  done
  for p in $free; do printf ' %14s' "($(median <"$work/$p.ms" | awk '{ printf "%.3f", $1 }'))"; done
  [ -n "$best" ] || fail "no peer ran $name"
  printf ' %7s %8.0f%%\n' "$(ratio "$best" "$a")" "$(median <"$work/share" | awk '{ print 100 * $1 }')"
done
