#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# mutations.sh BUILD COMPILER: plants one bug at a time in a copy of a kernel, builds the tests with it and expects its
# test to fail. BUILD holds graft_cuda_tests as it was built.
set -eu
build=$1 compiler=$2
source=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
missed=0 planted=0

objects=$(find "$build/tests/cuda/CMakeFiles/graft_cuda_tests.dir" "$build/tests/cuda/CMakeFiles/graft_cuda_emulated.dir" -name '*.o')
[ -n "$objects" ] || { echo "mutations: $build has no graft_cuda_tests" >&2; exit 1; }

# plant NAME FILE KERNEL TEST SED: in FILE, seen by the build of KERNEL.cu alone; TEST names its tests.
plant() {
  name=$1 file=$2 kernel=$3 test=$4 edit=$5
  planted=$((planted + 1))
  rm -rf "$work/cuda"
  mkdir "$work/cuda"
  cp "$source/kernels/cuda/$kernel.cu" "$work/cuda/"
  sed -e "$edit" "$source/kernels/cuda/$file" > "$work/cuda/$file"
  if cmp -s "$source/kernels/cuda/$file" "$work/cuda/$file"; then
    echo "mutations: \"$name\" changes nothing" >&2
    missed=$((missed + 1))
    return
  fi
  "$compiler" -std=c++20 -O1 -w -fno-thread-jumps -fno-split-paths -fno-math-errno -ffp-contract=off -DGRAFT_ISA=cuda \
    -I"$work" -I"$source/tests/cuda_emulation" -I"$source/kernels" -I"$source/include" -x c++ -c "$work/cuda/$kernel.cu" -o "$work/kernel.o"
  "$compiler" $(printf '%s\n' $objects | grep -v "/cuda/$kernel.cu.o") "$work/kernel.o" -lpthread -o "$work/tests"
  if timeout 300 "$work/tests" -w NoTests "$test" > "$work/log" 2>&1; then
    echo "mutations: \"$name\" was not caught" >&2
    missed=$((missed + 1))
  elif grep -q "No test cases matched" "$work/log"; then
    echo "mutations: \"$name\" names no test" >&2
    missed=$((missed + 1))
  else
    echo "caught: $name ($(grep -m 1 -oE 'block [0-9]+, thread [0-9]+: .*|SIGSEGV.*|CHECK\( .*|REQUIRE\( .*' "$work/log" || echo failed))"
  fi
}

plant "a barrier is removed" device.cuh rms_norm "rms_norm*" '/last call/!s/^  __syncthreads();$//'
plant "threads return before a barrier" rms_norm.cu rms_norm "rms_norm*" \
  's/^  const RowPart gain/  if (int(threadIdx.x) >= cols) return;\n&/'
plant "a sum over lanes stands in a branch" rows_product.cu rows_product "linear agrees*" \
  's/if (r >= rows || lane != r) continue;//; s/const float sum = warp_reduce(sums\[r\]);/if (lane != r) continue;\n&/'
plant "the last key is left out" attention.cu attention "attention agrees*" 's/last_query).end : 0/last_query).end - 1 : 0/'
plant "no mask" attention.cu attention "attention agrees*" 's/sees(m.panel, row, first + j)/true/'
plant "probabilities are not scaled" attention.cu attention "attention agrees*" 's/total > 0 ? 1 \/ total : 0;/1;/'
plant "heads take the keys of another group" attention_tiles.cuh attention "attention agrees*" \
  's/kv_head \* group + row/kv_head + row/'
plant "shared memory is used before it is set" attention.cu attention "attention agrees*" \
  's/^ *store(&m.total\[threadIdx.x\], 0.0f);//'
plant "keys are replaced while they are read" attention.cu attention "attention agrees*" \
  '/multiply<kColumns>/{n;s/__syncthreads();//}'
plant "warps add to one place" columns.cuh column_sum "column_sum*" \
  's/store(&sums.of_warp\[warp\]\[lane\], sum);/store(\&sums.of_warp[warp \& 6][lane], sum);/'
plant "the tail reaches beyond the end" device.cuh elementwise "add and accumulate" \
  's/if (first + i \* kThreads < count)/if (first + i * kThreads <= count)/'
plant "a wrong leading dimension" gemm.cu gemm "matmul takes*" 's/int(a.stride), &beta/k, \&beta/'
plant "what was there is not added to" gemm.cu gemm "matmul takes*" 's/const float beta = add ? 1 : 0/const float beta = 0/'
plant "the host reads the device" cross_entropy.cu cross_entropy "cross_entropy*" \
  's/^  const bool is_short/  if (rows > 0 \&\& logits[0] > 1e30f) return;\n&/'
plant "keys begin at the wrong row" attention_batch.cu attention_batch "attention_backward*" 's/key_row += s.keys/key_row += s.queries/'
plant "a row's numbers begin elsewhere" dropout.cu dropout "dropout*" 's/ - int64_t(number % 4)//'
plant "another row is weighted" combine_rows.cu combine_rows "combine_rows*" 's/load(weights + k) \* load(x/load(weights + k \/ used) * load(x/'
plant "logits beyond the registers are read from a wrong place" cross_entropy.cu cross_entropy "cross_entropy*" \
  's/load(shared_ + column(i - kInRegisters))/load(shared_ + column(i - kInRegisters - 1))/'
plant "a range of rows begins elsewhere" linear.cu linear "linear multiplies*" 's/x.from_row(of.first), of.rows/x, of.rows/'
plant "equal ids are added once" embedding.cu embedding "embedding_backward*" 's/i < group.count/i < 1/'

echo "mutations: $((planted - missed)) of $planted caught"
[ "$missed" = 0 ]
