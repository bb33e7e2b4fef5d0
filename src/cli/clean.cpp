// SPDX-License-Identifier: Apache-2.0
#include <iostream>

#include "cli/command.hpp"
#include "graft/cleaning.hpp"

namespace graft::inline v0 {
namespace {

struct CleanArguments {
  std::string data, output, against;
  CleaningOptions options;
  bool keeps_duplicates = false, keeps_as_is = false;
};

int clean(CleanArguments arguments) {
  arguments.options.remove_duplicates = !arguments.keeps_duplicates;
  arguments.options.repair = !arguments.keeps_as_is;
  const auto [data, report] = graft::clean(Dataset::jsonl(arguments.data), arguments.options);
  std::cout << report.to_markdown();
  for (const std::string& line : report.removed) std::cerr << line << '\n';
  if (!arguments.against.empty()) {
    const Dataset other = Dataset::jsonl(arguments.against);
    const std::vector<Leak> leaks = find_leaks(other, data);
    std::cout << "| also in " << arguments.against << " | " << leaks.size() << " |\n";
    for (const Leak& leak : leaks)
      std::cerr << "kept example " << leak.example + 1 << ": is " << int(100 * leak.similarity) << " % the same as "
                << other.where(leak.other) << '\n';
  }
  if (!arguments.output.empty()) data.save(arguments.output);
  return kDone;
}

}  // namespace

void add_clean(Program& program) {
  auto arguments = std::make_shared<CleanArguments>();
  CLI::App& command = *program.app.add_subcommand("clean", "Repair, deduplicate and mask the examples of a file");
  CleaningOptions& options = arguments->options;
  command.add_option("data", arguments->data, "JSONL file")->required();
  command.add_option("-o,--output", arguments->output, "where the cleaned examples go; without it, only the report");
  command.add_option("--against", arguments->against, "another JSONL file: names the examples that are there as well");
  command.add_option("--near", options.near_duplicates, "overlap from which texts are the same; 0: off")
      ->capture_default_str();
  command.add_option("--shortest", options.shortest, "characters at least")->capture_default_str();
  command.add_option("--longest", options.longest, "characters at most; 0: no limit")->capture_default_str();
  command.add_flag("--mask-personal", options.mask_personal,
                   "replace e-mail addresses, telephone, card and identity numbers");
  command.add_flag("--keep-duplicates", arguments->keeps_duplicates, "keep texts that repeat others exactly");
  command.add_flag("--no-repair", arguments->keeps_as_is, "leave broken encodings and control characters");
  command.footer("The report goes to standard output, the removed examples with their reasons to standard error.");
  command.callback([&program, arguments] { program.action = [arguments] { return clean(*arguments); }; });
}

}  // namespace graft::inline v0
