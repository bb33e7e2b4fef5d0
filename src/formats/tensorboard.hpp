// SPDX-License-Identifier: Apache-2.0
//
// Records of a TensorBoard event file: a protobuf message in the frame of a TFRecord. A file is the version's record
// and any number of scalars'; its name contains "tfevents".
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace graft::inline v0 {

// Times are in seconds since 1970.
std::string version_record(double time);
std::string scalar_record(double time, int64_t step, std::string_view tag, float value);

// The CRC-32C (Castagnoli) of bytes.
uint32_t crc32c(std::string_view bytes);

}  // namespace graft::inline v0
