#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# cuda_registers.sh ROOT NVCC [FILE …]: registers, shared memory and spills of each kernel, as ptxas tells them.
set -eu
root=$1 nvcc=$2
shift 2
[ $# -gt 0 ] || set -- "$root"/kernels/cuda/*.cu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
printf '| kernel | sm | registers | shared, bytes | stack, bytes | spilled, bytes |\n|---|---|---|---|---|---|\n'
for file in "$@"; do
  for sm in 80 90 120; do
    "$nvcc" -std=c++20 --extended-lambda --expt-relaxed-constexpr -DGRAFT_ISA=cuda -I"$root/kernels" -I"$root/include" -arch=sm_$sm -Xptxas -v -c "$file" \
      -o "$work/object" 2> "$work/log" || { cat "$work/log" >&2; exit 1; }
    awk -v sm=$sm -v file="$(basename "$file" .cu)" '
      /Compiling entry function/ { match($0, /\047[^\047]*\047/); name = substr($0, RSTART + 1, RLENGTH - 2) }
      /bytes stack frame/ { stack = $1; spilled = $5 + $9 }
      /Used [0-9]+ registers/ {
        shared = 0
        if (match($0, /[0-9]+ bytes smem/)) shared = substr($0, RSTART, RLENGTH) + 0
        match($0, /Used [0-9]+/)
        printf "%s\t%s: %s\t%s\t%s\t%s\t%s\n", name, file, sm, substr($0, RSTART + 5, RLENGTH - 5), shared, stack, spilled
      }' "$work/log"
  done
done | while IFS="$(printf '\t')" read -r name place registers shared stack spilled; do
  kernel=$(printf '%s' "$name" | c++filt | sed -e 's/(anonymous namespace):://g; s/graft::v0::cuda:://g; s/^void //; s/(.*//; s/<.*__nv_.*/ of a lambda/' | cut -c1-60)
  printf '| %s, %s | %s | %s | %s | %s | %s |\n' "${place%%:*}" "$kernel" "${place##*: }" "$registers" "$shared" "$stack" "$spilled"
done
