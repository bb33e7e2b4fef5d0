// SPDX-License-Identifier: Apache-2.0
//
// bench_tokenize TOKENIZER TEXT: megabytes of a text file a second, in documents of about 4,000 bytes, on one thread.
#include <benchmark/benchmark.h>

#include <fstream>
#include <iostream>
#include <sstream>

#include "graft/tokenizer.hpp"

namespace graft {
namespace {

constexpr size_t kDocument = 4000;

std::vector<std::string> documents(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream all;
  all << file.rdbuf();
  const std::string text = all.str();
  std::vector<std::string> cut;
  for (size_t at = 0; at < text.size();) {
    size_t end = std::min(at + kDocument, text.size());
    while (end < text.size() && (text[end] & 0xC0) == 0x80) ++end;
    cut.push_back(text.substr(at, end - at));
    at = end;
  }
  return cut;
}

size_t total_bytes(const std::vector<std::string>& texts) {
  size_t bytes = 0;
  for (const std::string& text : texts) bytes += text.size();
  return bytes;
}

void run(int count, char** arguments) {
  if (count < 3) throw ArgumentError("bench_tokenize TOKENIZER TEXT");
  const Tokenizer tokenizer = Tokenizer::load(arguments[1]);
  const std::vector<std::string> texts = documents(arguments[2]);
  const std::vector<std::vector<int32_t>> ids = tokenizer.encode_batch(texts);
  const auto measure = [&](const char* name, auto once) {
    benchmark::RegisterBenchmark(name, [&texts, once](benchmark::State& state) {
      for (auto _ : state) once();
      state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(total_bytes(texts)));
    })->Unit(benchmark::kMillisecond);
  };
  measure("encode", [&] {
    for (const std::string& text : texts) benchmark::DoNotOptimize(tokenizer.encode(text));
  });
  measure("encode_with_offsets", [&] {
    for (const std::string& text : texts) benchmark::DoNotOptimize(tokenizer.encode_with_offsets(text));
  });
  measure("decode", [&] {
    for (const std::vector<int32_t>& tokens : ids) benchmark::DoNotOptimize(tokenizer.decode(tokens));
  });
  benchmark::RunSpecifiedBenchmarks();
}

}  // namespace
}  // namespace graft

int main(int count, char** arguments) try {
  benchmark::Initialize(&count, arguments);
  graft::run(count, arguments);
  return 0;
} catch (const std::exception& error) {
  std::cerr << error.what() << '\n';
  return 1;
}
