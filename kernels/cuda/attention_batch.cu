// SPDX-License-Identifier: Apache-2.0
#include <string.h>

#include "cuda/attention_tiles.cuh"

namespace graft::inline v0::cuda {
namespace {

int span_count(const AttentionBatch& batch) {
  int count = 0;
  for (int i = 0; i < batch.sequence_count; ++i) count += batch.sequences[i].span_count;
  return count;
}

}  // namespace

int rows_in_use(const AttentionBatch& batch) {
  int rows = 0;
  for (int i = 0; i < batch.sequence_count; ++i)
    rows = larger(rows, batch.sequences[i].first + batch.sequences[i].queries);
  return rows;
}

// The three lists are one copy.
DeviceBatch stage_batch(const Stream& stream, const AttentionBatch& batch) {
  const int64_t spans_at = batch.sequence_count * int64_t(sizeof(DeviceSequence)),
                tiles_at = spans_at + span_count(batch) * int64_t(sizeof(KeyValueSpan)),
                bytes = tiles_at + batch.tile_count * int64_t(sizeof(AttentionTile));
  const HostArray<char> lists(bytes);
  DeviceSequence* const sequences = reinterpret_cast<DeviceSequence*>(lists.get());
  KeyValueSpan* const spans = reinterpret_cast<KeyValueSpan*>(lists.get() + spans_at);
  const int64_t* const row_keys = stage(stream, batch.row_keys, rows_in_use(batch));
  int at = 0;
  int64_t key_row = 0;
  for (int i = 0; i < batch.sequence_count; ++i) {
    const AttentionSequence& s = batch.sequences[i];
    sequences[i] = {s.first,      s.queries, s.keys,  at,
                    s.span_count, s.bias,    key_row, row_keys ? row_keys + s.first : nullptr};
    for (int j = 0; j < s.span_count; ++j) spans[at++] = s.spans[j];
    key_row += s.keys;
  }
  if (batch.tile_count > 0) memcpy(lists.get() + tiles_at, batch.tiles, size_t(bytes - tiles_at));
  const char* const there = stage(stream, lists.get(), bytes);
  return {reinterpret_cast<const DeviceSequence*>(there), reinterpret_cast<const KeyValueSpan*>(there + spans_at),
          reinterpret_cast<const AttentionTile*>(there + tiles_at)};
}

DeviceBatch stage_sequence(const Stream& stream, const AttentionSequence& sequence, const int64_t* row_keys) {
  return stage_batch(stream, {&sequence, 1, nullptr, 0, row_keys});
}

}  // namespace graft::inline v0::cuda
