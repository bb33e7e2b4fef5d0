// SPDX-License-Identifier: Apache-2.0
#include "cpu/sparse_product.hpp"

namespace graft::inline v0::cpu::GRAFT_ISA {
namespace {

constexpr int kPieceDepth = 128;           // of a group of panels, which then stays near
constexpr int kListed = kPieceDepth + 8;   // entries from a row's to the next's: an odd number of lines
constexpr int kSums = 8;                   // vectors of a row's sums in registers
constexpr int kVectors = kPanel / kLanes;  // of a panel
constexpr int kGroup = max(1, kSums / kVectors);
constexpr int kRows = 64;  // of c a task, which share the panels

// An element of the left operand that is not 0, and the step of a panel that it multiplies.
struct Entry {
  uint32_t k;
  float value;
};

// The entries of each row and piece of the depth.
struct Entries {
  Entry* list;
  int32_t* counts;
  int rows;

  Entry* of(int piece, int row) const { return list + (int64_t{piece} * rows + row) * kListed; }
  int32_t& count(int piece, int row) const { return counts[int64_t{piece} * rows + row]; }
};

// Lists what is not 0 in a few rows, which are columns of a.
void list_rows(const Operand& a, int first, int lanes, int k, const Entries& entries) {
  for (int begin = 0, piece = 0; begin < k; begin += kPieceDepth, ++piece) {
    Entry* next[kLanes];
    for (int i = 0; i < lanes; ++i) next[i] = entries.of(piece, first + i);
    for (int at = begin; at < min(k, begin + kPieceDepth); ++at) {
      const float* values = a.data + at * a.stride + first;
      for (uint32_t found = nonzero(load(values, lanes)); found; found &= found - 1) {
        const int i = __builtin_ctz(found);
        *next[i]++ = {static_cast<uint32_t>(at), values[i]};
      }
    }
    for (int i = 0; i < lanes; ++i)
      entries.count(piece, first + i) = static_cast<int32_t>(next[i] - entries.of(piece, first + i));
  }
}

// Adds the products of a row's entries with some panels to c, of which `cols` columns are left.
template <int panels>
void multiply_row(const Entry* entry, int count, const char* right, int64_t stride, float* c, int cols, bool add) {
  constexpr int kAll = panels * kVectors;
  const bool is_whole = cols >= kAll * kLanes;
  const auto lanes = [&](int v) { return is_whole ? kLanes : max(0, min(kLanes, cols - v * kLanes)); };
  Vec sums[kAll] = {};
  if (add)
#pragma GCC unroll 8
    for (int v = 0; v < kAll; ++v) sums[v] = load(c + v * kLanes, lanes(v));
  for (const Entry* end = entry + count; entry != end; ++entry) {
    const char* step = right + entry->k * sizeof(float) * kPanel;
#pragma GCC unroll 8
    for (int v = 0; v < kAll; ++v)
      sums[v] += entry->value * load_as<Vec>(step + v / kVectors * stride + v % kVectors * sizeof(Vec));
  }
#pragma GCC unroll 8
  for (int v = 0; v < kAll; ++v) store(c + v * kLanes, sums[v], lanes(v));
}

}  // namespace

int64_t sparse_bytes(int m, int k) {
  const int64_t lists = ceil_div(k, kPieceDepth) * m;
  return scratch_bytes<Entry>(lists * kListed) + scratch_bytes<int32_t>(lists);
}

bool is_sparse(const Operand& a, int m, int k) {
  constexpr int64_t kMostBytes = int64_t{1} << 25;
  if (!a.transposed || !a.data || m < kLanes || sparse_bytes(m, k) > kMostBytes) return false;
  const int apart = max(1, min(16, k / 8));  // rows of the sample
  int64_t found = 0, seen = 0;
  for (int at = 0; at < k; at += apart)
    for (int i = 0; i + kLanes <= m; i += kLanes, seen += kLanes)
      found += __builtin_popcount(nonzero(load(a.data + at * a.stride + i)));
  return seen > 0 && found * 5 <= seen * 2;
}

void multiply_sparse(const Stream& stream, const Operand& a, const char* right, int64_t stride, char* memory, float* c,
                     int64_t c_stride, int m, int n, int k, bool add) {
  Scratch scratch = {memory};
  const int pieces = static_cast<int>(ceil_div(k, kPieceDepth));
  Entry* list = scratch.take<Entry>(int64_t{pieces} * m * kListed);
  const Entries entries = {list, scratch.take<int32_t>(int64_t{pieces} * m), m};
  parallel_for(stream, ceil_div(m, kLanes), [&](int64_t task, int) {
    const int first = static_cast<int>(task) * kLanes;
    list_rows(a, first, min(kLanes, m - first), k, entries);
  });
  const int64_t blocks = ceil_div(m, kRows), panels = ceil_div(n, kPanel), groups = ceil_div(panels, kGroup);
  parallel_for(stream, blocks * groups, [&](int64_t task, int) {
    const int first = static_cast<int>(task % blocks) * kRows, end = min(m, first + kRows);
    const int64_t panel = task / blocks * kGroup, end_panel = min<int64_t>(panels, panel + kGroup);
    for (int piece = 0; piece < pieces; ++piece)
      for (int row = first; row < end; ++row) {
        const auto multiply = [&](auto multiply_panels, int64_t p) {
          multiply_panels(entries.of(piece, row), entries.count(piece, row), right + p * stride, stride,
                          c + row * c_stride + p * kPanel, static_cast<int>(n - p * kPanel), add || piece > 0);
        };
        if (end_panel - panel == kGroup)
          multiply(multiply_row<kGroup>, panel);
        else
          for (int64_t p = panel; p < end_panel; ++p) multiply(multiply_row<1>, p);
      }
  });
}

}  // namespace graft::inline v0::cpu::GRAFT_ISA
