#!/bin/bash
# One training step (forward, backward, SGD with momentum): netc against torch,
# alternately. See README.md; alternate.sh has the settings.
#
#   docs/bench/train_vs_torch.sh [-i avx2|avx512] [-t THREADS] [-n] [NET...]
#
# NET is one of the folders with a train section beside this file, named as the peers
# name it (default: all four). torch is held to the same instruction set; -n lets it
# use what the machine has. It runs in both memory layouts, and the better one counts.
set -euo pipefail
. "$(dirname "$0")/alternate.sh"

isa=avx2 threads=1 native=
while getopts i:t:n flag; do
  case $flag in
    i) isa=$OPTARG ;; t) threads=$OPTARG ;; n) native=1 ;;
    *) fail "the flags are -i ISA, -t THREADS and -n" ;;
  esac
done
shift $((OPTIND - 1))
[ $# -gt 0 ] || set -- lenet5 mobilenet_v2_64 resnet18_cifar resnet50_224

case $isa in
  avx2) hold="ONEDNN_MAX_CPU_ISA=AVX2 DNNL_MAX_CPU_ISA=AVX2 ATEN_CPU_CAPABILITY=avx2 OPENBLAS_CORETYPE=Haswell" ;;
  avx512) hold="ONEDNN_MAX_CPU_ISA=AVX512_CORE DNNL_MAX_CPU_ISA=AVX512_CORE ATEN_CPU_CAPABILITY=avx512" ;;
  *) fail "the instruction set is avx2 or avx512, not $isa" ;;
esac
[ -z "$native" ] || hold=
"$PY" -c 'import torch' 2>/dev/null || fail "no torch for $PY; run the peers' setup.sh"
[ "$threads" = 1 ] || pin=

machine
echo "torch: ${hold:-as the machine allows}"
echo "netc $isa, $threads threads, ms a step"
printf '%-16s %-6s %10s %12s %20s %7s\n' network round netc "torch nchw" "torch channels_last" ratio
for name in "$@"; do
  net=$here/$name/$name.net
  [ -f "$net" ] || fail "no network is called $name"
  bench() { timed "$work/netc" bench "$net" --train --threads "$threads" --isa "$isa" --json; }
  bench >/dev/null || fail "netc bench failed" # builds the program
  rm -f "$work"/ours "$work"/nchw "$work"/cl
  for round in $(seq "$ROUNDS"); do
    calm
    ours=$(bench | field ms_median)
    calm
    timed env $hold "$PY" -W ignore "$PEERS/py/torch_train.py" torch "$threads" "$name" -q >"$work/torch.tsv"
    nchw=$(awk -F'\t' '$2 ~ /:nchw$/ { print $6 }' "$work/torch.tsv")
    cl=$(awk -F'\t' '$2 ~ /:cl$/ { print $6 }' "$work/torch.tsv")
    [ -n "$ours" ] && [ -n "$nchw" ] && [ -n "$cl" ] || fail "a measurement is missing"
    printf '%-16s %-6d %10.3f %12.2f %20.2f\n' "$name" "$round" "$ours" "$nchw" "$cl"
    echo "$ours" >>"$work/ours"; echo "$nchw" >>"$work/nchw"; echo "$cl" >>"$work/cl"
  done
  ours=$(median <"$work/ours") nchw=$(median <"$work/nchw") cl=$(median <"$work/cl")
  best=$(printf '%s\n' "$nchw" "$cl" | sort -g | head -1)
  printf '%-16s %-6s %10.3f %12.2f %20.2f %7s\n' "$name" median "$ours" "$nchw" "$cl" "$(ratio "$best" "$ours")"
done
