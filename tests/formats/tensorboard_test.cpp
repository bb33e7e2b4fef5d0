// SPDX-License-Identifier: Apache-2.0
#include "formats/tensorboard.hpp"

#include <catch2/catch.hpp>

namespace graft {
namespace {

std::string hex(const std::string& bytes) {
  std::string text;
  for (const unsigned char byte : bytes)
    for (const int digit : {byte >> 4, byte & 15}) text += "0123456789abcdef"[digit];
  return text;
}

}  // namespace

TEST_CASE("CRC-32C gives the values of RFC 3720", "[formats]") {
  CHECK(crc32c("123456789") == 0xe3069283u);
  CHECK(crc32c(std::string(32, '\0')) == 0x8a9136aau);
  CHECK(crc32c("") == 0);
}

TEST_CASE("A record is the one that TensorBoard's own writer makes", "[formats]") {
  CHECK(hex(version_record(2.5)) == "1800000000000000a37f4b220900000000000004401a0d627261696e2e4576656e743a32b19bcaec");
  CHECK(hex(scalar_record(2.5, 300, "train/loss", 1.25f)) ==
        "2100000000000000017becf609000000000000044010ac022a130a110a0a747261696e2f6c6f7373150000a03f7cb0c785");
}

}  // namespace graft
