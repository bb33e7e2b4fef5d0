// SPDX-License-Identifier: Apache-2.0
#include <string>

#include "onednn/onednn.hpp"
#include "onednn/provider.hpp"

namespace graft::inline v0::onednn {
namespace {

struct Table {
  Provider provider;
  std::string name;
  Kernels kernels;

  explicit Table(const Kernels& base) : provider{base, {}}, name(std::string(base.name) + "+onednn"), kernels(base) {
    kernels.name = name.c_str();
    kernels.linear = linear;
    kernels.matmul = matmul;
  }
};

Table& the_table(const Kernels* base) {
  static Table table(*base);
  return table;
}

}  // namespace

const Kernels& table(const Kernels& base) { return the_table(&base).kernels; }

bool is_there() { return library() != nullptr; }

// Asked by entries of the table, which is there by then.
Provider& provider() { return the_table(nullptr).provider; }

}  // namespace graft::inline v0::onednn
