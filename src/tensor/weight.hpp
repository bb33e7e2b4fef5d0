// SPDX-License-Identifier: Apache-2.0
//
// A parameter of a model. A matrix has one resident form, the packed one that the products read. A vector (a norm's
// gain, a bias) is a float tensor. A trainable matrix has a float master beside it, which the optimizer updates and
// `repack` turns into the packed form again; one that is trained as f32 is its master, which products read as it lies.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "backend/backend.hpp"
#include "tensor/shelf.hpp"
#include "tensor/tensor.hpp"

namespace graft::inline v0 {

// The values of a weight as a file has them.
struct StoredTensor {
  Dtype dtype;
  std::span<const std::byte> data;
  std::vector<int> row_order = {};  // the file's row of each row; empty: as they are
  bool transposed = false;          // inputs × outputs
  float offset = 0;                 // what the file adds to each value of a vector
  std::optional<Dtype> kept = {};   // what a matrix is kept as; none: as the file has it
};

class Weight {
 public:
  enum class Kind { matrix, vector };
  // `number`: its place among the weights of a model; -1: it is in none.
  Weight(Kind kind, std::string name, int rows, int cols, int number = -1)
      : kind_(kind), name_(std::move(name)), rows_(rows), cols_(cols), number_(number) {}

  Kind kind() const { return kind_; }
  // The checkpoint's own name, with its ending: "model.layers.0.self_attn.q_proj.weight".
  const std::string& name() const { return name_; }
  int rows() const { return rows_; }
  int cols() const { return cols_; }
  int number() const { return number_; }
  Dtype dtype() const { return matrix_.dtype; }
  size_t resident_bytes() const { return resident_bytes_; }
  bool is_loaded() const { return matrix_.data || vector_; }

  // Bytes of the packed form, which `load` takes from the shelf.
  size_t packed_bytes(const Kernels& kernels, const StoredTensor& stored) const;
  // Row-major data of any dtype; its length must be right.
  void load(const Lane& lane, Memory& memory, Shelf& shelf, const StoredTensor& stored);
  // For a fresh model: a vector of zeros, or a matrix whose master is to be filled.
  void create(const std::shared_ptr<Memory>& memory);

  const PackedMatrix& matrix() const { return matrix_; }
  const float* vector() const { return vector_.data(); }

  // What an optimizer trains: the vector, or the master of a matrix; an empty tensor while a matrix is frozen.
  const Tensor& parameter() const { return kind_ == Kind::vector ? vector_ : master_; }
  // Gives a matrix its master. A quantised matrix becomes bf16, or f32 when `exact`.
  void thaw(const Lane& lane, const std::shared_ptr<Memory>& memory, bool exact);
  // The same with values of its own.
  Weight copy(const std::shared_ptr<Memory>& memory) const;
  // Drops the master, after training. A matrix that was its master becomes packed, unless memory runs out: then its
  // rows stay, and passes of few rows take longer.
  void freeze(const Lane& lane, const std::shared_ptr<Memory>& memory);
  // The packed form from the master, after a change to it.
  void repack(const Lane& lane);

  // The values as floats, row-major, in rows of the checkpoint's order.
  Tensor values(const Lane& lane, Memory& memory) const;

 private:
  void allocate(const Lane& lane, const std::shared_ptr<Memory>& memory, Dtype dtype);
  void load_vector(const Lane& lane, Memory& memory, const StoredTensor& stored);
  Tensor converted(const Lane& lane, Memory& memory, const StoredTensor& stored, Dtype resident) const;
  void be_master();
  void place(std::shared_ptr<float> packed, size_t bytes, Dtype dtype);
  void pack_rows(const Lane& lane, Memory& memory, const std::byte* data, std::span<const int> row_order);

  Kind kind_;
  std::string name_;
  int rows_, cols_, number_;
  Tensor vector_, master_;
  PackedMatrix matrix_;
  std::shared_ptr<const void> owner_;  // of matrix_.data
  size_t resident_bytes_ = 0;
};

// The floats of stored data of any dtype, as a matrix.
Tensor decoded(const Lane& lane, Memory& memory, Dtype dtype, std::span<const std::byte> data, int rows, int cols);

// Makes the packed form, of floats or bf16, anew from its values.
void repack(const Lane& lane, const Tensor& values, const PackedMatrix& packed);

}  // namespace graft::inline v0
