// SPDX-License-Identifier: Apache-2.0
//
// Element types of weights. Block formats are simply dtypes: a row of them is a whole number of blocks.
#pragma once

#include <cstdint>

namespace graft::inline v0 {

enum class Dtype : uint8_t {
  f32,
  f16,
  bf16,
  q4_0,
  q4_1,
  q5_0,
  q5_1,
  q8_0,
  q2_k,
  q3_k,
  q4_k,
  q5_k,
  q6_k,
  iq4_nl,
  iq4_xs,
  // Decoded to bf16 at load.
  iq1_s,
  iq1_m,
  iq2_xxs,
  iq2_xs,
  iq2_s,
  iq3_xxs,
  iq3_s,
  tq1_0,
  tq2_0,
  mxfp4,
  nvfp4,
};
inline constexpr int kDtypes = 26;

}  // namespace graft::inline v0
