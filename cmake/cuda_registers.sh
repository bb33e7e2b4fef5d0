#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# cuda_registers.sh BUILD CUOBJDUMP: what each kernel of a build takes of a multiprocessor, over all of its forms:
# registers a thread, shared memory of a block, bytes of spilled registers, and the warps for which the registers suffice
# (of 64, of 48 on sm_120).
set -eu
build=$1 cuobjdump=$2
printf '| kernel | registers, sm_80 | sm_90 | sm_120 | shared, bytes | spilled | resident warps |\n|---|---|---|---|---|---|---|\n'
for object in "$build"/CMakeFiles/graft_kernels_cuda.dir/kernels/cuda/*.cu.o; do
  "$cuobjdump" --dump-resource-usage "$object" 2> /dev/null | awk -v file="$(basename "$object" .cu.o)" '
    /^arch = / { sm = $3; sub("sm_", "", sm) }
    /^ *Function / { name = $2; sub(":$", "", name) }
    /REG:[0-9]/ {
      for (i = 1; i <= NF; ++i) { split($i, pair, ":"); of[pair[1]] = pair[2] }
      printf "%s\t%s\t%s\t%s\t%s\t%s\n", name, file, sm, of["REG"], of["SHARED"], of["LOCAL"]
    }'
done | c++filt | sed -e 's/graft::v0::cuda:://g; s/(anonymous namespace):://g; s/^void //; s/[<(][^\t]*//' | awk -F '\t' '
  {
    key = $2 ", " $1; if (!(key in seen)) { seen[key] = ++count; names[count] = key }
    at = key SUBSEP $3
    if (!(at in least) || $4 + 0 < least[at]) least[at] = $4 + 0
    if ($4 + 0 > most[at]) most[at] = $4 + 0
    if ($5 + 0 > shared[key]) shared[key] = $5 + 0
    if ($6 + 0 > spilled[key]) spilled[key] = $6 + 0
    slots = $3 == 120 ? 48 : 64
    warps = int(65536 / (int(($4 + 7) / 8) * 8 * 32)); if (warps > slots) warps = slots
    if (!(key in resident) || warps < resident[key]) resident[key] = warps
  }
  function range(at) { return least[at] == most[at] ? most[at] : least[at] " to " most[at] }
  END {
    for (i = 1; i <= count; ++i) {
      key = names[i]
      printf "| %s | %s | %s | %s | %d | %d | %d |\n", key, range(key SUBSEP 80), range(key SUBSEP 90), range(key SUBSEP 120), shared[key], spilled[key], resident[key]
    }
  }'
