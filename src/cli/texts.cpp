// SPDX-License-Identifier: Apache-2.0
#include "cli/texts.hpp"

#include <fstream>
#include <iostream>

#include "support/message.hpp"

namespace graft::inline v0 {
namespace {

std::vector<std::string> read_lines(std::istream& in) {
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) {
    if (line.ends_with('\r')) line.pop_back();
    if (!line.empty()) lines.push_back(std::move(line));
  }
  return lines;
}

}  // namespace

void add_text_options(CLI::App& command, TextArguments& arguments) {
  auto* texts = command.add_option("text", arguments.texts, "the texts; without them, a text a line of standard input");
  command.add_option("-f,--file", arguments.file, "a file with a text a line")->excludes(texts);
  command.add_flag("--json", arguments.is_json, "a JSON object a text");
}

std::vector<std::string> read_texts(const TextArguments& arguments) {
  if (!arguments.texts.empty()) return arguments.texts;
  if (arguments.file.empty()) return read_lines(std::cin);
  std::ifstream file(arguments.file, std::ios::binary);
  check<FileError>(file.good(), arguments.file, ": cannot be read");
  return read_lines(file);
}

void print_json(const Json& json) { std::cout << json.dump(-1, Json::InvalidUtf8::replaced) << '\n'; }

void print_fields(const Fields& fields) {
  const char* separator = "{";
  for (const auto& [name, value] : fields) {
    std::cout << separator << Json(name).dump() << ':' << value.dump(-1, Json::InvalidUtf8::replaced);
    separator = ",";
  }
  std::cout << "}\n";
}

void print_labels(const TextArguments& arguments, const std::string& text, const std::vector<LabelScore>& labels) {
  Json list = Json::array();
  for (const auto& [label, probability] : labels) {
    if (!arguments.is_json) std::cout << (list.empty() ? "" : "\t") << label << ' ' << probability;
    list.push_back({{"label", label}, {"probability", probability}});
  }
  if (arguments.is_json)
    print_json({{"text", text}, {"labels", std::move(list)}});
  else
    std::cout << '\n';
}

}  // namespace graft::inline v0
