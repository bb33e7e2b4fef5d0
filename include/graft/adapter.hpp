// SPDX-License-Identifier: Apache-2.0
//
//   const graft::Adapter adapter = graft::Adapter::load("support-adapter", model);
//   std::cout << model.chat("My parcel is late.", {.adapter = &adapter}).text;
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <graft/export.hpp>

namespace graft::inline v0 {

class Model;

struct AdapterLoadOptions {
  // Take an adapter that was tuned with another tokenizer or chat template than the model has.
  bool other_texts = false;
};

// A small change to a model, kept beside it: a value that is passed to calls, never a state of the model. A handle:
// copies are the same adapter. Many threads may use it at once, also while it is being trained: they see the values of
// the last finished step when their call begins.
//
// LoRAAdapter, AdaLoRAAdapter, IA3Adapter and VeRAAdapter make new ones, which are no change at all until a Trainer has
// tuned them; PromptAdapter and PrefixAdapter begin as a text of their own. A head that was drawn anew when the model
// was loaded is a part of every new adapter.
class GRAFT_EXPORT Adapter {
 public:
  // Any adapter that PEFT saved and this version knows, or a LoRA adapter of llama.cpp: a file that ends in .gguf.
  // Throws FileError when it does not fit the model, UnsupportedError for other methods.
  static Adapter load(const std::filesystem::path& path, const Model& model, const AdapterLoadOptions& options = {});

  // Writes adapter_config.json and adapter_model.safetensors, which PEFT loads, into a folder, and graft.json, by which
  // `load` knows the tokenizer and the chat template again. A path that ends in .gguf becomes a file that llama.cpp
  // loads. Throws UnsupportedError for a GGUF file of an adapter that is more than low-rank updates of matrices, or of
  // a model that has no such files.
  void save(const std::filesystem::path& path) const;
  // The same as a plain LoRA adapter, which more programs know. Throws UnsupportedError for one that is more than
  // low-rank updates of matrices.
  void save_as_lora(const std::filesystem::path& path, const Model& model) const;

  std::string method() const;                // as PEFT calls it: "LORA"
  int64_t parameters() const;                // trainable values
  std::vector<std::string> sites() const;    // the matrices that it changes, by the checkpoint's names
  std::map<std::string, int> ranks() const;  // of each update; empty for a method that has none

  struct State;
  explicit Adapter(std::shared_ptr<State> state) : state_(std::move(state)) {}
  const std::shared_ptr<State>& state() const { return state_; }

 private:
  std::shared_ptr<State> state_;
};

// Which biases of the model an adapter trains, too: none, all, or those of the matrices that it changes.
enum class TrainedBiases { none, all, targets };

}  // namespace graft::inline v0
