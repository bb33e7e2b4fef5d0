// SPDX-License-Identifier: Apache-2.0
//
// What one folder of reference outputs says of the library. Knows every expected tensor, so that none is passed over.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "formats/goldens.hpp"

namespace graft::inline v0 {

struct Verdict {
  enum class Status { ok, wrong, unsupported };
  Status status = Status::ok;
  int checked = 0;                    // comparisons made
  double absolute = 0, relative = 0;  // the largest errors of floats; relative to the largest value of the tensor
  std::string worst;                  // what came nearest to its tolerance, or went furthest beyond
  double error = 0, tolerance = 0;    // of the worst
  std::string reason;                 // what is wrong, or what is unsupported
};

class Comparison {
 public:
  // From now on every tensor of the goldens whose role is "expected" must be compared.
  void expect(const Goldens& goldens);

  // Compares with the expected tensor of that name; a name that nobody expects is passed over.
  void floats(const std::string& name, std::span<const float> found);
  void integers(const std::string& name, std::span<const int64_t> found);
  // Compares what lies outside the tensors.
  void number(const std::string& name, double found, double expected, double tolerance);
  void claim(const std::string& name, bool holds);
  // Norms in an object of the JSON. The tolerance is relative.
  void norm(const std::string& name, double found, double expected, double tolerance);

  // A part that this version cannot do: "sgd", which takes the expected tensors "sgd.…" with it.
  void unsupported(const std::string& part);
  // The whole folder is beyond this version; what was compared before counts nevertheless.
  void give_up(const std::string& reason);

  Verdict verdict() const;

 private:
  void add(const std::string& name, double error, double tolerance);

  std::map<std::string, Golden> open_;  // expected, not compared yet
  std::vector<std::string> unsupported_, wrong_;
  Verdict verdict_;
  std::string given_up_;  // why
};

// The L2 norm, in double.
double norm_of(std::span<const float> values);

}  // namespace graft::inline v0
