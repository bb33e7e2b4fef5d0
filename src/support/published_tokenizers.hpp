// SPDX-License-Identifier: Apache-2.0
//
// What the files of tokenizers have in common, whatever their format.
#pragma once

#include <cstdint>
#include <string_view>

namespace graft::inline v0 {

// GPT-4's splitting pattern, with 1 to 3 digits together (Llama 3) and with single digits (Qwen2).
inline constexpr std::string_view kThreeDigitsPattern =
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";
inline constexpr std::string_view kOneDigitPattern =
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";

// The types of tokens in SentencePiece models and GGUF files, with their numbers.
enum class TokenType : int32_t { normal = 1, unknown, control, user_defined, unused, byte };

}  // namespace graft::inline v0
