#!/bin/bash
# How long netc takes to compile ResNet-50, and Go to build the package: medians of
# ROUNDS (default 5), wall clock and processor time. The package is written to memory
# (/dev/shm) where there is such a folder, since its weights are a hundred megabytes,
# and is changed before each build, so that the cache holds its imports and not itself.
#
#   docs/bench/compile_times.sh
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
ROUNDS=${ROUNDS:-5}
dir=$(mktemp -d "$([ -w /dev/shm ] && echo /dev/shm || echo "${TMPDIR:-/tmp}")/netc.XXXXXX")
trap 'rm -rf "$dir"' EXIT

(cd "$root" && go build -o "$dir/netc" ./cmd/netc)
cat >"$dir/model.net" <<'END'
package model
import "resnet"
net ResNet50 : (image: f32[N, RGB, 224, 224]) -> (logits: f32[N, ImageNet])
  = image |> resnet.ResNet(resnet.Bottleneck, [3, 4, 6, 3], ImageNet) as _
END
mkdir "$dir/model"
cd "$dir/model"
cp "$root/go.sum" .
cat >go.mod <<END
module example.com/model
go $(sed -n 's/^go //p' "$root/go.mod")
require github.com/netc-lang/netc v0.0.0
replace github.com/netc-lang/netc => $root
END
TIMEFORMAT='%R %U %S'
measure() { { time "$@" >/dev/null 2>&1; } 2>&1 | awk '{ print $1, $2 + $3 }'; }
median() { sort -g | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }
compile() { "$dir/netc" compile "$dir/model.net" --weights seeded -q -o .; }
build() { go build .; }
compile
go mod tidy >/dev/null 2>&1
build
for verb in compile build; do
  for k in $(seq "$ROUNDS"); do
    [ $verb = compile ] || echo "// $k $$" >>model_net.go
    measure $verb
  done >"$dir/$verb"
  echo "$verb of ResNet-50: $(cut -d' ' -f1 "$dir/$verb" | median) s, $(cut -d' ' -f2 "$dir/$verb" | median) s of processor time"
done
