// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <CLI/CLI.hpp>
#include <map>
#include <string>

#include "support/message.hpp"

namespace graft::inline v0 {

// An option that takes one of a few names. `value` and `names` must outlive the program's arguments.
template <class Choice>
CLI::Option* add_choice(CLI::App& command, const std::string& option, Choice& value,
                        const std::map<std::string, Choice>& names, const std::string& description) {
  const auto set = [option, &value, &names](const std::string& text) {
    const auto found = names.find(text);
    std::string known;
    for (const auto& [name, choice] : names) known += (known.empty() ? "" : ", ") + name;
    if (found == names.end())
      throw CLI::ValidationError(option, message("found \"", text, "\", expected one of ", known));
    value = found->second;
  };
  return command.add_option_function<std::string>(option, set, description)->type_name("NAME");
}

}  // namespace graft::inline v0
