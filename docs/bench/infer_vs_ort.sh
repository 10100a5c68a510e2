#!/bin/bash
# Inference of LeNet-5, one image, one thread: netc (AVX2) against ONNX Runtime,
# alternately. See README.md; alternate.sh has the settings.
#
#   docs/bench/infer_vs_ort.sh
#
# ONNX Runtime has no switch for its instruction set and uses what the machine
# has, AVX-512 included; on processors that can trap CPUID the peers' mask holds it
# to AVX2.
set -euo pipefail
. "$(dirname "$0")/alternate.sh"

ort=$PEERS_DIR/bin/ort model=$ONNX_DIR/lenet5.onnx
[ -x "$ort" ] && [ -f "$model" ] && [ -f "$ORT_LIB" ] || fail "no ONNX Runtime in $PEERS_DIR; run the peers' setup.sh"
read -r gflop c h w <"$ONNX_DIR/lenet5.txt"

mask=
if grep -qw cpuid_fault /proc/cpuinfo; then
  mask="MASKISA=avx2 LD_PRELOAD=$PEERS_DIR/bin/maskisa.so"
fi

netc_ms --batch 1 >/dev/null || fail "netc bench failed" # builds the program
machine
[ -n "$mask" ] && echo "ONNX Runtime held to AVX2" || echo "ONNX Runtime as the machine allows"
printf '%-6s %10s %14s\n' round "netc ms" "onnxruntime ms"
for round in $(seq "$ROUNDS"); do
  ours=$(netc_ms --batch 1)
  theirs=$(timed env $mask "$ort" "$ORT_LIB" "$model" ort 1 1 "$c" "$h" "$w" "$gflop" | awk -F'\t' '{ print $6 }')
  [ -n "$ours" ] && [ -n "$theirs" ] || fail "a measurement is missing"
  printf '%-6d %10.4f %14.3f\n' "$round" "$ours" "$theirs"
  echo "$ours" >>"$work/ours"; echo "$theirs" >>"$work/theirs"
done
ours=$(median <"$work/ours") theirs=$(median <"$work/theirs")
printf '%-6s %10.4f %14.3f\n' median "$ours" "$theirs"
echo "netc is $(ratio "$theirs" "$ours") times as fast as ONNX Runtime"
