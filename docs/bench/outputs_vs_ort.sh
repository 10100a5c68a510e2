#!/bin/bash
# The outputs of whole networks, netc against ONNX Runtime on the same weights and two
# pictures, with AVX-512 where this machine has it and AVX2, on 1 and 2 threads: the
# largest difference as a part of the largest output, which may be 1e-4.
#
#   docs/bench/outputs_vs_ort.sh [NET...]
#
# NET is one of the peers' names (default: all eight). The weights are the peers' random
# ones, with batch norms that are not trivial; outputs/ has the pieces.
set -euo pipefail
ROUNDS=5
. "$(dirname "$0")/alternate.sh"
[ $# -gt 0 ] || set -- lenet5 squeezenet1_1 mobilenet_v2 efficientnet_b0 unet_small resnet18 resnet50 vgg16
"$PY" -c 'import torch' 2>/dev/null || fail "no torch for $PY; run the peers' setup.sh"
modules=$PEERS_DIR/npm/node_modules
[ -d "$modules/onnxruntime-node" ] || fail "no ONNX Runtime in $modules; run the peers' setup.sh"

# section NET FILE: the weights section of a net.
section() { sed -n "/^weights $1 /,/^}/p" "$2"; }

machine
printf '%-16s %s\n' network "largest difference, as a part of the largest output"
bad=0
for name in "$@"; do
  read -r module network <<<"$(ours "$name")"
  dir=$work/$name
  mkdir -p "$dir"
  "$PY" -W ignore "$here/outputs/export.py" "$PEERS" "$dir" "$name"
  read -r _ c h w <"$ONNX_DIR/$name.txt"
  node "$here/outputs/ort.js" "$modules" "$dir/$name.onnx" "$dir/x.f32" "$dir/y.f32" 2 "$c" "$h" "$w" 2>"$dir/log" ||
    { cat "$dir/log" >&2; fail "ONNX Runtime failed on $name"; }
  {
    printf 'package outputs\n\nimport "%s"\n\n' "$module"
    section "$module.$network" "$root/stdlib/zoo/testdata/torchvision.net"
    section "$module.$network" "$here/outputs/peers.net"
  } >"$dir/outputs.net"
  "$work/netc" -q compile "$dir/outputs.net" -o "$dir/model"
  output=Logits
  [ "$name" != unet_small ] || output=Mask
  sed "s/NewNET/New$network/; s/OUTPUT/$output/" "$here/outputs/main.go.txt" >"$dir/main.go"
  cp "$root/go.sum" "$dir/go.sum"
  printf 'module outputs\n\ngo 1.26.0\n\nrequire github.com/netc-lang/netc v0.0.0\n\nreplace github.com/netc-lang/netc => %s\n' "$root" >"$dir/go.mod"
  sed -n '/^require/,/^)/p' "$root/go.mod" >>"$dir/go.mod"
  (cd "$dir" && GOWORK=off go build -mod=mod -trimpath -o outputs .) || fail "the program of $name does not build"
  for off in none cpu.avx512f=off; do
    for threads in 1 2; do
      GODEBUG=$off "$dir/outputs" "$dir/x.f32" "$dir/y.f32" "$threads" >"$dir/line" || bad=1
      printf '%-16s %s, %d threads\n' "$name" "$(cat "$dir/line")" "$threads"
    done
  done
  rm -rf "$dir"
done
[ "$bad" = 0 ] || fail "an output differs by more than 1e-4 of the largest"
