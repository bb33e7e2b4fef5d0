#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What must be true of the sources and of the library: called by ./dev check ROOT [size].
set -eu
cd "$1"
failed=0
wrong() { printf 'check: %s\n' "$*" >&2; failed=1; }

# At most 400 lines a file, 60 a function, 120 a public header.
sizes() {
  for file in $(git ls-files 'include/**' 'src/**' 'kernels/**' 'tests/**' 'benchmarks/**' 'examples/**' | grep -E '\.(hpp|cpp|cu|cuh)$'); do
    lines=$(wc -l < "$file")
    most=400
    case $file in include/*) most=130 ;; esac
    [ "$lines" -le "$most" ] || wrong "$file has $lines lines, expected at most $most"
    # A function begins with a line that ends in "{" and has a parenthesis, at no or one level of indentation.
    awk -v file="$file" '
      /^( ? ?)[A-Za-z~].*\).*\{$/ && !/^ *(if|for|while|switch|struct|class|namespace|enum)[ (]/ && !start { start = NR; match($0, /^ */); depth = RLENGTH }
      start && /^ *\}/ { match($0, /^ */); if (RLENGTH == depth) { if (NR - start + 1 > 60) { printf "%s:%d has %d lines, expected at most 60\n", file, start, NR - start + 1 } start = 0 } }
    ' "$file" | while read -r line; do printf 'check: function %s\n' "$line"; done
  done > "$1"
  if grep -q . "$1"; then cat "$1" >&2; failed=1; fi
}

# A folder includes itself and what stands to its right.
ladder() {
  order="cli api train generate adapters models nn ops tensor backend"
  seen=""
  for folder in $order; do
    for left in $seen; do
      grep -n "#include \"$left/" src/"$folder"/*.?pp 2>/dev/null | while read -r line; do printf '%s includes upwards\n' "$line"; done
    done
    seen="$seen $folder"
  done > "$1"
  for leaf in formats tokenizers data support; do
    for folder in $order; do
      [ "$folder" = tensor ] && [ "$leaf" != support ] && continue
      grep -n "#include \"$folder/" src/"$leaf"/*.?pp 2>/dev/null | while read -r line; do printf '%s includes upwards\n' "$line"; done
    done
  done >> "$1"
  # The public classes are for the binding, the program and hosts; plain data is for everyone.
  grep -n '#include "graft/\(model\|session\|tokenizer\|trainer\|table_model\|adapter\|adalora_adapter\|lora_adapter\|vector_adapters\|graft\)\.hpp"' $(ls src/*/*.?pp | grep -v '^src/\(api\|cli\)/') | sed 's/$/ is a public class/' >> "$1" || true
  if grep -q . "$1"; then sed 's/^/check: /' "$1" >&2; failed=1; fi
}

# The library never ends the process and never prints; the objects of one instruction set share no weak symbols.
symbols() {
  archive=build/libgraft.a
  [ -f "$archive" ] || { printf 'check: %s is not built, its symbols were not checked\n' "$archive" >&2; return 0; }
  banned=$(nm -C -u "$archive" 2>/dev/null | grep -E ' U (abort|exit|_exit|quick_exit|printf|puts|putchar|fprintf|perror|std::cout|std::cerr|std::clog|__assert_fail)(@|$)' | sort -u || true)
  [ -z "$banned" ] || wrong "the library uses $banned"
  for isa in baseline avx2 avx512 avx512_bf16; do
    for object in $(find build -path "*graft_kernels_$isa.dir*" -name '*.o'); do
      foreign=$(nm -C "$object" | grep -E ' [WVu] ' | grep -vE "(cpu::$isa::|Eigen_$isa)" || true)
      [ -z "$foreign" ] || wrong "$object shares weak symbols: $foreign"
    done
  done
}

notes=$(mktemp)
trap 'rm -f "$notes"' EXIT
sizes "$notes"
if [ "${2:-}" != size ]; then
  ladder "$notes"
  symbols
fi
[ $failed = 0 ] && printf 'check: all is well\n' >&2
exit $failed
