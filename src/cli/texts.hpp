// SPDX-License-Identifier: Apache-2.0
//
// The texts that a command reads, one a line or an argument, and the results that it prints.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "graft/tasks.hpp"
#include "support/json.hpp"

namespace graft::inline v0 {

struct TextArguments {
  std::vector<std::string> texts;
  std::string file;
  bool is_json = false;
};
// TEXT …, -f, --json; a text a line of standard input where there is neither a text nor a file.
void add_text_options(CLI::App& command, TextArguments& arguments);
std::vector<std::string> read_texts(const TextArguments& arguments);

// A line of JSON.
void print_json(const Json& json);
// The same of an object whose fields are to keep their order.
using Fields = std::vector<std::pair<std::string, Json>>;
void print_fields(const Fields& fields);
// The labels of a text in a line.
void print_labels(const TextArguments& arguments, const std::string& text, const std::vector<LabelScore>& labels);

}  // namespace graft::inline v0
