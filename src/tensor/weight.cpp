// SPDX-License-Identifier: Apache-2.0
#include "tensor/weight.hpp"

#include <algorithm>
#include <cstring>
#include <utility>
#include <vector>

#include "blocks.hpp"
#include "support/message.hpp"
#include "tensor/dtype.hpp"
#include "tensor/transposed.hpp"

namespace graft::inline v0 {
namespace {

constexpr int kPackRows = 256;  // packed at a time, where they are copied first; a multiple of the kernels' panel

// Room for what Lane::visible copies; empty where it copies nothing.
Tensor room_on_device(const Lane& lane, Memory& memory, size_t bytes) {
  return lane.backend().queue() ? Tensor::of_bytes(memory, bytes) : Tensor();
}

// Formats without products of their own are kept as bf16.
Dtype resident_dtype(const Kernels& kernels, const StoredTensor& stored) {
  const Dtype dtype = stored.kept.value_or(stored.dtype);
  return kernels.packs(dtype) ? dtype : Dtype::bf16;
}

}  // namespace

size_t Weight::packed_bytes(const Kernels& kernels, const StoredTensor& stored) const {
  if (kind_ == Kind::vector) return 0;
  return kernels.packed_bytes(resident_dtype(kernels, stored), rows_, cols_);
}

void Weight::place(std::shared_ptr<float> packed, size_t bytes, Dtype dtype) {
  matrix_ = {packed.get(), dtype, rows_, cols_};
  owner_ = std::move(packed);
  resident_bytes_ = bytes;
}

// The matrix is its master from now on.
void Weight::be_master() {
  matrix_ = {master_.data(), Dtype::f32, rows_, cols_, true};
  owner_ = std::make_shared<const Tensor>(master_);
  resident_bytes_ = master_.size() * sizeof(float);
}

void Weight::allocate(const Lane& lane, const std::shared_ptr<Memory>& memory, Dtype dtype) {
  const size_t bytes = lane.backend().kernels().packed_bytes(dtype, rows_, cols_);
  place(memory->allocate((bytes + sizeof(float) - 1) / sizeof(float)), bytes, dtype);
}

void Weight::pack_rows(const Lane& lane, Memory& memory, const std::byte* data, std::span<const int> row_order) {
  const Kernels& kernels = lane.backend().kernels();
  const size_t bytes = row_bytes(matrix_.dtype, cols_);
  std::vector<std::byte> reordered;
  const Tensor copy = room_on_device(lane, memory, bytes * kPackRows);
  const int at_once = copy || !row_order.empty() ? kPackRows : rows_;
  for (int first = 0; first < rows_; first += at_once) {
    const int count = std::min(at_once, rows_ - first);
    const std::byte* rows = data + first * bytes;
    if (!row_order.empty()) {
      reordered.resize(count * bytes);
      for (int row = 0; row < count; ++row)
        std::memcpy(&reordered[row * bytes], data + row_order[first + row] * bytes, bytes);
      rows = reordered.data();
    }
    kernels.pack(lane.stream(), matrix_.dtype, lane.visible(rows, count * bytes, copy.data()), first, count,
                 const_cast<void*>(matrix_.data), rows_, cols_);
  }
}

void Weight::load_vector(const Lane& lane, Memory& memory, const StoredTensor& stored) {
  vector_ = decoded(lane, memory, stored.dtype, stored.data, rows_, cols_);
  const std::span<float> values = vector_.values();
  for (float& value : values) value -= stored.offset;
  if (!stored.row_order.empty()) {
    const std::vector<float> source(values.begin(), values.end());
    for (size_t i = 0; i < source.size(); ++i) values[i] = source[size_t(stored.row_order[i])];
  }
  resident_bytes_ = vector_.size() * sizeof(float);
}

// The stored values in the dtype that stays resident, as rows of outputs; empty where they are so already.
Tensor Weight::converted(const Lane& lane, Memory& memory, const StoredTensor& stored, Dtype resident) const {
  if (resident == stored.dtype && !stored.transposed) return {};
  Tensor floats = decoded(lane, memory, stored.dtype, stored.data, rows_, cols_);
  if (stored.transposed) {
    const std::vector<float> turned = transposed(floats.values(), cols_, rows_);
    std::copy(turned.begin(), turned.end(), floats.values().begin());
  }
  if (resident == Dtype::f32) return floats;
  Tensor bytes = Tensor::of_bytes(memory, row_bytes(resident, cols_) * size_t(rows_));
  lane.backend().kernels().encode(lane.stream(), resident, floats.data(), bytes.data(), int64_t(floats.size()));
  return bytes;
}

void Weight::load(const Lane& lane, Memory& memory, Shelf& shelf, const StoredTensor& stored) {
  const int cols = stored.transposed ? rows_ : cols_, rows = stored.transposed ? cols_ : rows_;
  const size_t expected = checked_row_bytes(stored.dtype, cols) * size_t(rows);
  check<FileError>(stored.data.size() == expected, name_, ": ", stored.data.size(), " bytes, expected ", expected,
                   " for ", rows, " x ", cols, " of ", graft::name(stored.dtype));
  if (kind_ == Kind::vector) return load_vector(lane, memory, stored);
  const Kernels& kernels = lane.backend().kernels();
  const Dtype resident = resident_dtype(kernels, stored);
  const Tensor bytes = converted(lane, memory, stored, resident);
  const size_t packed = packed_bytes(kernels, stored);
  place(shelf.take(packed), packed, resident);
  pack_rows(lane, memory, bytes ? reinterpret_cast<const std::byte*>(bytes.values().data()) : stored.data.data(),
            stored.row_order);
}

void Weight::create(const std::shared_ptr<Memory>& memory) {
  if (kind_ == Kind::vector) {
    vector_ = Tensor::zeros(*memory, rows_, cols_);
  } else {
    master_ = Tensor(*memory, rows_, cols_);
    be_master();
  }
}

Tensor Weight::values(const Lane& lane, Memory& memory) const {
  if (parameter()) return parameter();
  Tensor floats(memory, rows_, cols_);
  lane.backend().kernels().unpack(lane.stream(), matrix_, 0, rows_, floats.data());
  return floats;
}

void Weight::thaw(const Lane& lane, const std::shared_ptr<Memory>& memory, bool exact) {
  if (parameter()) return;
  Weight thawed = *this;  // an error leaves the form that there is
  thawed.master_ = values(lane, *memory);
  const Dtype trained = exact ? Dtype::f32 : is_quantised(dtype()) || dtype() == Dtype::f16 ? Dtype::bf16 : dtype();
  if (trained == Dtype::f32) {
    thawed.be_master();
  } else if (trained != dtype()) {
    thawed.allocate(lane, memory, trained);
    thawed.repack(lane);
  }
  *this = std::move(thawed);
}

Weight Weight::copy(const std::shared_ptr<Memory>& memory) const {
  Weight made = *this;
  if (vector_) made.vector_ = graft::copy(*memory, vector_);
  if (master_) made.master_ = graft::copy(*memory, master_);
  if (!matrix_.data) return made;
  if (master_ && matrix_.in_rows) {
    made.be_master();
    return made;
  }
  const size_t floats = (resident_bytes_ + sizeof(float) - 1) / sizeof(float);
  std::shared_ptr<float> packed = memory->allocate(floats);
  memory->copy(static_cast<const float*>(matrix_.data), packed.get(), floats);
  made.place(std::move(packed), resident_bytes_, dtype());
  made.matrix_.in_rows = matrix_.in_rows;
  return made;
}

void Weight::freeze(const Lane& lane, const std::shared_ptr<Memory>& memory) {
  const Tensor master = std::exchange(master_, Tensor());
  if (!master || !matrix_.in_rows || lane.backend().queue()) return;  // a GPU packs matrices as rows
  try {
    Weight packed = *this;
    packed.allocate(lane, memory, Dtype::f32);
    graft::repack(lane, master, packed.matrix_);
    *this = std::move(packed);
  } catch (const std::exception&) {
    // The rows stay.
  }
}

void Weight::repack(const Lane& lane) {
  if (kind_ == Kind::matrix && !matrix_.in_rows) graft::repack(lane, master_, matrix_);
}

Tensor decoded(const Lane& lane, Memory& memory, Dtype dtype, std::span<const std::byte> data, int rows, int cols) {
  Tensor floats(memory, rows, cols);
  const Tensor copy = room_on_device(lane, memory, data.size());
  lane.backend().kernels().decode(lane.stream(), dtype, lane.visible(data.data(), data.size(), copy.data()),
                                  floats.data(), int64_t(floats.size()));
  return floats;
}

void repack(const Lane& lane, const Tensor& values, const PackedMatrix& packed) {
  const Kernels& kernels = lane.backend().kernels();
  const int cols = values.cols();
  void* const to = const_cast<void*>(packed.data);
  if (packed.dtype == Dtype::f32)
    return kernels.pack(lane.stream(), Dtype::f32, values.data(), 0, values.rows(), to, values.rows(), cols);
  const int at_once = std::min(kPackRows, values.rows());
  const Tensor halves = Tensor::of_bytes(values.memory(), row_bytes(packed.dtype, cols) * size_t(at_once));
  for (int first = 0; first < values.rows(); first += at_once) {
    const int count = std::min(at_once, values.rows() - first);
    kernels.encode(lane.stream(), packed.dtype, values.data() + size_t(first) * cols, halves.data(),
                   int64_t(count) * cols);
    kernels.pack(lane.stream(), packed.dtype, halves.data(), first, count, to, values.rows(), cols);
  }
}

}  // namespace graft::inline v0
