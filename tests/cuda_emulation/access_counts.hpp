// SPDX-License-Identifier: Apache-2.0
//
// Bytes, sectors and banks. The accesses of the lanes of a warp belong together when they are the same visit of the
// same place in the code; they are judged when the block has finished.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <tuple>
#include <unordered_map>
#include <vector>

#include "emulator.hpp"

namespace graft::emulation {

class AccessCounts {
 public:
  struct Access {
    uintptr_t address;
    uint32_t bytes;
  };
  void add(const void* site, int thread, Access access, bool shared, bool writes) {
    Place& place = places_[site];
    place.shared = shared, place.writes = writes;
    const size_t visit = place.visits[static_cast<size_t>(thread)]++;
    std::vector<std::vector<Access>>& visits = place.of_warp[static_cast<size_t>(thread / 32)];
    if (visits.size() <= visit) visits.resize(visit + 1);
    visits[visit].push_back(access);
  }
  void finish(Counters& counters) {
    for (auto& [site, place] : places_)
      for (const auto& visits : place.of_warp)
        for (const auto& warp : visits)
          place.shared ? judge_shared(warp, counters) : judge(warp, place.writes, counters);
    places_.clear();
  }

 private:
  struct Place {
    bool shared, writes;
    std::array<uint32_t, 1024> visits{};
    std::array<std::vector<std::vector<Access>>, 32> of_warp;
  };
  template <class Unit>
  static size_t distinct(std::vector<Unit>& units) {
    std::sort(units.begin(), units.end());
    return static_cast<size_t>(std::unique(units.begin(), units.end()) - units.begin());
  }
  static void judge(const std::vector<Access>& warp, bool writes, Counters& c) {
    std::vector<uintptr_t> sectors, bytes;
    for (const Access& a : warp) {
      sectors.push_back(a.address / 32);
      for (uint32_t i = 0; i < a.bytes; ++i) bytes.push_back(a.address + i);
    }
    const uint64_t touched = distinct(sectors), asked = distinct(bytes), fewest = (asked + 31) / 32;
    ++c.accesses;
    c.sectors += touched;
    c.fewest_sectors += fewest;
    c.uncoalesced += touched > fewest + 1;
    (writes ? c.bytes_written : c.bytes_read) += asked;
    (writes ? c.sectors_written : c.sectors_read).insert(sectors.begin(), sectors.begin() + touched);
  }
  // Accesses of more than a word go in as many steps.
  static void judge_shared(const std::vector<Access>& warp, Counters& c) {
    const size_t lanes_a_step = 32 * 4 / std::max<uint32_t>(4, warp[0].bytes);
    for (size_t first = 0; first < warp.size(); first += lanes_a_step) {
      std::array<std::vector<uintptr_t>, 32> banks;
      for (size_t i = first; i < std::min(warp.size(), first + lanes_a_step); ++i)
        for (uint32_t b = 0; b < warp[i].bytes; b += 4)
          banks[(warp[i].address + b) / 4 % 32].push_back((warp[i].address + b) / 4);
      size_t worst = 1;
      for (auto& bank : banks) worst = std::max(worst, distinct(bank));
      ++c.shared_accesses;
      c.bank_conflicts += worst - 1;
    }
  }

  std::unordered_map<const void*, Place> places_;
};

}  // namespace graft::emulation
