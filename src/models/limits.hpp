// SPDX-License-Identifier: Apache-2.0
//
// The most that a config may say, so that a damaged file is refused and not believed.
#pragma once

namespace graft::inline v0 {

inline constexpr int kMaxWidth = 1 << 18;
inline constexpr int kMaxLayers = 1 << 12;
inline constexpr int kMaxHeads = 1 << 12;
inline constexpr int kMaxVocabulary = 1 << 24;
inline constexpr int kMaxContext = 1 << 24;

}  // namespace graft::inline v0
