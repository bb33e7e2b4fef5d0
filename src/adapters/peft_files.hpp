// SPDX-License-Identifier: Apache-2.0
//
// PEFT's folders: adapter_config.json, and adapter_model.safetensors with tensors named base_model.model.MODULE.…
#pragma once

#include <filesystem>

#include "adapters/method.hpp"

namespace graft::inline v0 {

// Throws FileError when the folder does not fit the model, UnsupportedError for methods that there are not.
std::unique_ptr<Method> load_peft(const std::filesystem::path& folder, const Trunk& trunk);
// `base`: where the model is, for other readers.
void save_peft(const Method& method, const std::filesystem::path& folder, const std::string& base);

}  // namespace graft::inline v0
