// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <cmath>

#include "cli/verify_comparison.hpp"

namespace graft {
namespace {

using Status = Verdict::Status;

Goldens two_tensors() {
  Goldens goldens;
  goldens.tensors["a"] = {
      .shape = {2}, .floats = {1, 2}, .integers = {}, .bytes = {}, .role = "expected", .tolerance = 0.5};
  goldens.tensors["b.ids"] = {
      .shape = {1}, .floats = {}, .integers = {7}, .bytes = {}, .role = "expected", .tolerance = 0};
  goldens.tensors["given"] = {
      .shape = {1}, .floats = {3}, .integers = {}, .bytes = {}, .role = "input", .tolerance = 0};
  return goldens;
}

Verdict compare(std::vector<float> a, std::vector<int64_t> ids) {
  Comparison comparison;
  comparison.expect(two_tensors());
  comparison.floats("a", a);
  comparison.integers("b.ids", ids);
  return comparison.verdict();
}

}  // namespace

TEST_CASE("A verdict knows the largest errors and the tolerance they have", "[cli]") {
  const Verdict verdict = compare({1.25f, 2}, {7});
  CHECK(verdict.status == Status::ok);
  CHECK(verdict.checked == 2);
  CHECK(verdict.absolute == 0.25);
  CHECK(verdict.relative == 0.125);
  CHECK(verdict.worst == "a");
  CHECK(verdict.tolerance == 0.5);
}

TEST_CASE("What differs is wrong", "[cli]") {
  CHECK(compare({1, 2.75f}, {7}).reason == "out of tolerance: a");
  CHECK(compare({1, NAN}, {7}).status == Status::wrong);
  CHECK(compare({1}, {7}).status == Status::wrong);
  CHECK(compare({1, 2}, {8}).reason == "out of tolerance: b.ids");
  CHECK(compare({1, 2}, {}).status == Status::wrong);
}

TEST_CASE("An expected tensor that was not compared makes the folder wrong", "[cli]") {
  Comparison comparison;
  CHECK(comparison.verdict().reason == "nothing to compare");
  comparison.expect(two_tensors());
  comparison.floats("a", std::vector<float>{1, 2});
  comparison.floats("given", std::vector<float>{9});
  CHECK(comparison.verdict().status == Status::wrong);
  CHECK(comparison.verdict().reason == "not compared: b.ids");
  comparison.unsupported("b");
  CHECK(comparison.verdict().status == Status::unsupported);
  CHECK(comparison.verdict().reason == "unsupported: b; the rest agrees");
}

TEST_CASE("What was wrong before a folder was given up stays wrong", "[cli]") {
  Comparison comparison;
  comparison.expect(two_tensors());
  comparison.give_up("unsupported: family X");
  CHECK(comparison.verdict().status == Status::unsupported);
  comparison.norm("norm", 1.0002, 1, 1e-4);
  CHECK(comparison.verdict().reason == "out of tolerance: norm");
}

}  // namespace graft
