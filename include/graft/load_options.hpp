// SPDX-License-Identifier: Apache-2.0
//
// How a model is loaded, and what is known of it then.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <graft/device.hpp>
#include <graft/export.hpp>

namespace graft::inline v0 {

// What a model's last layer is for. A head that the checkpoint does not have, or not for these labels, is drawn anew,
// to be trained; the rest of the network is the checkpoint's.
struct GRAFT_EXPORT Head {
  enum class Kind {
    classify,     // one label of a text
    multi_label,  // any of the labels of a text
    regress,      // numbers of a text
    tag,          // a label of each token
    answer,       // where in a text the answer to a question stands
    embed,        // none: hidden states
  };
  Kind kind = Kind::classify;
  std::vector<std::string> labels = {};

  // One of the labels, or any of them.
  static Head classify(std::vector<std::string> labels) { return {Kind::classify, std::move(labels)}; }
  static Head multi_label(std::vector<std::string> labels) { return {Kind::multi_label, std::move(labels)}; }
  // A number for each name.
  static Head regress(std::vector<std::string> names = {"score"}) { return {Kind::regress, std::move(names)}; }
  static Head tag(std::vector<std::string> labels) { return {Kind::tag, std::move(labels)}; }
  static Head answer() { return {Kind::answer, {}}; }
  static Head embed() { return {Kind::embed, {}}; }
};

struct LoadOptions {
  DeviceOptions device = {};
  Precision precision = Precision::automatic;
  // What float matrices of linear layers are kept as: "bf16", "q8_0", "q5_0", "q5_1", "q4_0" or "q4_1"; empty: as the
  // file has them. Embeddings and heads stay.
  std::string weights = {};
  // Read the file into memory instead of mapping it. A mapped file that another process truncates faults.
  bool read_all = false;
  // Where the tokenizer is when it does not lie beside the weights: a folder, a tokenizer.json or a
  // GGUF file.
  std::filesystem::path tokenizer = {};
  std::optional<Head> head = {};  // none: the checkpoint's own
  uint64_t seed = 0;              // of a head that is drawn anew
};

struct ModelInfo {
  std::string family;  // "LlamaForCausalLM"
  int64_t parameters = 0;
  size_t weight_bytes = 0;   // resident
  std::string weight_types;  // "q4_1, q8_0"
  int context = 0;           // the most tokens of a sequence
  int layers = 0, width = 0, vocabulary = 0;
  std::vector<std::string> labels = {};  // of a classifier
  std::string kernels;                   // "cpu/avx512"
  int threads = 0;
};

struct MergeReport {
  int matrices = 0;                // that changed
  float largest_logit_change = 0;  // between the adapter beside the model and merged into it, on a probe text
};

}  // namespace graft::inline v0
