// SPDX-License-Identifier: Apache-2.0
#pragma once

#define GRAFT_VERSION_MAJOR 0
#define GRAFT_VERSION_MINOR 1
#define GRAFT_VERSION_PATCH 0

namespace graft::inline v0 {

inline constexpr const char* kVersion = "0.1.0";

}  // namespace graft::inline v0
