#!/bin/bash
# Whole networks, netc against ONNX Runtime, alternately. See README.md; alternate.sh
# has the settings.
#
#   docs/bench/nets_vs_ort.sh [-i avx2|avx512] [-t THREADS] [-b BATCH] [NET...]
#
# NET is one of the peers' names (default: all eight). ONNX Runtime has no switch for
# its instruction set: it is held to AVX2 by the peers' CPUID mask, where the
# processor can trap CPUID, and uses what the machine has otherwise.
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

ort=$PEERS_DIR/bin/ort
[ -x "$ort" ] && [ -f "$ORT_LIB" ] || fail "no ONNX Runtime in $PEERS_DIR; run the peers' setup.sh"
mask=
if [ "$isa" = avx2 ] && grep -qw cpuid_fault /proc/cpuinfo; then
  mask="MASKISA=avx2 LD_PRELOAD=$PEERS_DIR/bin/maskisa.so"
fi
pin="taskset -c 0"
[ "$threads" = 1 ] || pin=

machine
[ -n "$mask" ] && echo "ONNX Runtime held to AVX2" || echo "ONNX Runtime as the machine allows"
echo "netc $isa, $threads threads, batch $batch, medians of $ROUNDS alternations, ms a call"
printf '%-16s %10s %14s %7s %9s\n' network "netc" "onnxruntime" ratio "of peak"
for name in "$@"; do
  read -r module network <<<"$(ours "$name")"
  read -r gflop c h w <"$ONNX_DIR/$name.txt"
  bench() {
    flock "$BENCH_LOCK" $pin "$work/netc" bench "$module" --net "$network" --threads "$threads" --batch "$batch" --isa "$isa" --json
  }
  bench >/dev/null || fail "netc bench failed" # builds the program
  rm -f "$work"/netc.ms "$work"/ort.ms "$work"/share
  for _ in $(seq "$ROUNDS"); do
    bench >"$work/line"
    sed -n 's/.*"ms_median":\([0-9.e+-]*\),.*/\1/p' "$work/line" >>"$work/netc.ms"
    sed -n 's/.*"ratio":\([0-9.e+-]*\),.*/\1/p' "$work/line" >>"$work/share"
    flock "$BENCH_LOCK" $pin env $mask "$ort" "$ORT_LIB" "$ONNX_DIR/$name.onnx" ort "$threads" "$batch" "$c" "$h" "$w" "$gflop" ${QUICK:+-q} |
      awk -F'\t' '{ print $6 }' >>"$work/ort.ms"
  done
  a=$(median <"$work/netc.ms") b=$(median <"$work/ort.ms")
  printf '%-16s %10.3f %14.3f %7s %8.0f%%\n' "$name" "$a" "$b" "$(ratio "$b" "$a")" "$(median <"$work/share" | awk '{ print 100 * $1 }')"
done
