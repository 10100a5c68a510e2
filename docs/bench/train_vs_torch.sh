#!/bin/bash
# One training step (forward, backward, SGD with momentum) of LeNet-5, batch 64,
# one thread: netc against torch, alternately. See README.md; alternate.sh has the
# settings.
#
#   docs/bench/train_vs_torch.sh [native]
#
# torch is held to AVX2, as netc is; `native` lets it use what the machine has.
# It runs in both memory layouts, and the better one counts.
set -euo pipefail
. "$(dirname "$0")/alternate.sh"

hold="ONEDNN_MAX_CPU_ISA=AVX2 DNNL_MAX_CPU_ISA=AVX2 ATEN_CPU_CAPABILITY=avx2 OPENBLAS_CORETYPE=Haswell"
case ${1:-} in
  "") ;;
  native) hold= ;;
  *) fail "the argument is native or nothing, not $1" ;;
esac
"$PY" -c 'import torch' 2>/dev/null || fail "no torch for $PY; run the peers' setup.sh"

netc_ms --train --batch 64 >/dev/null || fail "netc bench failed" # builds the program
machine
echo "${hold:-torch as the machine allows}"
printf '%-6s %10s %12s %20s\n' round "netc ms" "torch nchw" "torch channels_last"
for round in $(seq "$ROUNDS"); do
  ours=$(netc_ms --train --batch 64)
  timed env $hold "$PY" -W ignore "$PEERS/py/torch_train.py" torch 1 lenet5 -q >"$work/torch.tsv"
  nchw=$(awk -F'\t' '$2 ~ /:nchw$/ { print $6 }' "$work/torch.tsv")
  cl=$(awk -F'\t' '$2 ~ /:cl$/ { print $6 }' "$work/torch.tsv")
  [ -n "$ours" ] && [ -n "$nchw" ] && [ -n "$cl" ] || fail "a measurement is missing"
  printf '%-6d %10.3f %12.2f %20.2f\n' "$round" "$ours" "$nchw" "$cl"
  echo "$ours" >>"$work/ours"; echo "$nchw" >>"$work/nchw"; echo "$cl" >>"$work/cl"
done
ours=$(median <"$work/ours") nchw=$(median <"$work/nchw") cl=$(median <"$work/cl")
best=$(printf '%s\n' "$nchw" "$cl" | sort -g | head -1)
printf '%-6s %10.3f %12.2f %20.2f\n' median "$ours" "$nchw" "$cl"
echo "netc is $(ratio "$best" "$ours") times as fast as torch"
