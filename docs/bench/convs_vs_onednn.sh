#!/bin/bash
# Convolutions layer by layer, netc against oneDNN, alternately: every shape of
# ResNet-50 and MobileNetV2, forward and both backward passes. See README.md;
# alternate.sh has the settings.
#
#   docs/bench/convs_vs_onednn.sh [-i avx2|avx512] [-b 1|8] [-f] [-n] [PASS...]
#
# PASS is forward, bwd_data or bwd_weights (default: all three). Each side counts with
# the better of its algorithms: netc direct or Winograd, oneDNN its own choice or, with
# AVX-512, the Winograd it has when asked. -b 8 compares the shapes that
# `netc bench kernels` measures with eight images; -f takes fewer windows. oneDNN's
# driver waits until no other process is busy; with -n it measures at once, as netc does.
#
#   DNNL_CONV   oneDNN's driver (default: that of the peers; -n builds its own)
#   MODELS      prefixes of the peers' names of models (default: resnet50 mbv2)
set -euo pipefail
. "$(dirname "$0")/alternate.sh"

isa=avx2 batch=1 fast= wait=yes
while getopts i:b:fn flag; do
  case $flag in
    i) isa=$OPTARG ;; b) batch=$OPTARG ;; f) fast=1 ;; n) wait= ;;
    *) fail "the flags are -i ISA, -b BATCH, -f and -n" ;;
  esac
done
shift $((OPTIND - 1))
[ $# -gt 0 ] || set -- forward bwd_data bwd_weights
case $isa in
  avx2) hold=AVX2 algorithms=auto ;;
  avx512) hold=AVX512_CORE algorithms="auto winograd" ;;
  *) fail "-i is avx2 or avx512, not $isa" ;;
esac
dnnl=${DNNL_CONV:-$PEERS_DIR/bin/dnnl_conv}
[ -x "$dnnl" ] || fail "no oneDNN driver in $PEERS_DIR; run the peers' setup.sh"
if [ -z "$wait" ]; then
  hasty dnnl_conv.cc shapes.h
  g++ -O2 -o "$work/dnnl_conv" "$work/src/dnnl_conv.cc" -ldnnl || fail "-n needs a C++ compiler and oneDNN's headers"
  dnnl=$work/dnnl_conv
fi

# theirs PASS MODEL ALGORITHM: lines "SHAPE<tab>GFLOP/s<tab>NAME" in netc's spelling.
theirs() {
  local dir
  case $1 in forward) dir=fwd ;; bwd_data) dir=bwdd ;; bwd_weights) dir=bwdw ;; *) fail "no pass is called $1" ;; esac
  timed env ONEDNN_MAX_CPU_ISA=$hold OMP_NUM_THREADS=1 "$dnnl" "$isa" 1 "$batch" -dir "$dir" -model "$2" \
    $([ "$3" = auto ] || echo -wino) ${fast:+-q} >"$work/raw"
  awk -F'\t' -v b="$batch" '$9 !~ /^fail/ {
    split($8, w, /[ x>-]+/); # 64x56->64 k3 s1 dw
    k = substr(w[4], 2)
    name = w[1] "x" w[2] "x" w[2] "->" w[3] " " k "x" k " " w[5]
    if (w[6] == "dw") name = name " g" w[1]
    if (b > 1) name = name " b" b
    print name "\t" $9 "\t" $15
  }' "$work/raw"
}

# ours PASS FILTER: lines "SHAPE<tab>GFLOP/s<tab>ALGORITHM".
ours() {
  timed env NETC_ISA="$isa" "$work/netc" bench kernels --isa "$isa" --json --disturbed --fast="$([ -n "$fast" ] && echo true || echo false)" \
    --filter "^(conv1x1|direct|stem|depthwise|winograd) $1 ($2)\$" >"$work/raw"
  sed -n 's/.*"shape":"\([^"]*\)","algo":"\([^"]*\)","gflops":\([0-9.e+-]*\),.*/\1\t\3\t\2/p' "$work/raw" | sed 's/\\u003e/>/'
}

machine
echo "$isa, batch $batch, medians of $ROUNDS alternations, GFLOP/s of the direct algorithm"
printf '%-12s %-34s %9s %-12s %9s %-22s %6s\n' pass shape netc algorithm oneDNN algorithm ratio
for pass in "$@"; do
  for model in ${MODELS:-resnet50 mbv2}; do
    : >"$work/lines"
    for _ in $(seq "$ROUNDS"); do
      for algorithm in $algorithms; do
        theirs "$pass" "$model" "$algorithm" >"$work/theirs"
        sed "s/^/theirs\t/" "$work/theirs" >>"$work/lines"
      done
      shapes=$(cut -f2 "$work/lines" | sort -u | paste -sd'|')
      ours "$pass" "$shapes" | sed "s/^/ours\t/" >>"$work/lines"
    done
    # The median of the rounds of each algorithm, then the better algorithm of each side.
    sort -t$'\t' -k1,1 -k2,2 -k4,4 -k3,3g "$work/lines" | awk -F'\t' -v pass="$pass" -v OFS='\t' '
      function flush() { if (n) { m = v[int((n + 1) / 2)]; if (m > best[who, shape]) { best[who, shape] = m; algo[who, shape] = how }; seen[shape] } n = 0 }
      $1 != who || $2 != shape || $4 != how { flush(); who = $1; shape = $2; how = $4 }
      { v[++n] = $3 }
      END {
        flush()
        for (s in seen) if (("ours", s) in best && ("theirs", s) in best)
          printf "%-12s %-34s %9.1f %-12s %9.1f %-22s %6.2f\n", pass, s, best["ours", s], algo["ours", s], best["theirs", s], algo["theirs", s], best["ours", s] / best["theirs", s]
      }' | sort -V -k2 | tee -a "$work/table"
  done
done
sed 's/.* //' "$work/table" | sort -g | awk '{ v[NR] = $1; if ($1 < 1) below++ } END {
  printf "%d shapes: median ratio %.2f, smallest %.2f, %d under 1.00\n", NR, (v[int((NR + 1) / 2)] + v[int(NR / 2) + 1]) / 2, v[1], below }'
