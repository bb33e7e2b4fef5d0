// SPDX-License-Identifier: Apache-2.0
//
// graft verify PATH…: compares the library with reference outputs.
#include <algorithm>
#include <iomanip>
#include <iostream>

#include "cli/command.hpp"
#include "cli/texts.hpp"
#include "cli/verify_kinds.hpp"
#include "support/message.hpp"

namespace graft::inline v0 {
namespace {

namespace fs = std::filesystem;

struct Options {
  std::vector<fs::path> paths;
  fs::path model, gguf;
  DeviceOptions device;
  bool json = false;
};

// The reference outputs at a path: itself, or what lies below it, in the order of their names.
void collect(const fs::path& path, std::vector<fs::path>& found) {
  if (find_verifier(path)) {
    found.push_back(path);
  } else if (fs::is_directory(path)) {
    std::vector<fs::path> entries;
    for (const fs::directory_entry& entry : fs::directory_iterator(path)) entries.push_back(entry.path());
    std::sort(entries.begin(), entries.end());
    for (const fs::path& entry : entries) collect(entry, found);
  }
}

Verdict verify_one(const fs::path& path, const VerifyContext& context) {
  Comparison comparison;
  try {
    find_verifier(path)(path, context, comparison);
    return comparison.verdict();
  } catch (const UnsupportedError& error) {
    comparison.give_up(error.what());
    return comparison.verdict();
  } catch (const std::exception& error) {
    Verdict verdict = comparison.verdict();
    verdict.status = Verdict::Status::wrong;
    verdict.reason = error.what();
    return verdict;
  }
}

const char* status_name(Verdict::Status status) {
  switch (status) {
    case Verdict::Status::ok:
      return "ok";
    case Verdict::Status::wrong:
      return "wrong";
    case Verdict::Status::unsupported:
      return "unsupported";
  }
  return "";
}

void print_json(const fs::path& path, const Verdict& verdict) {
  Json worst;
  if (!verdict.worst.empty())
    worst = {{"tensor", verdict.worst}, {"error", verdict.error}, {"tolerance", verdict.tolerance}};
  print_fields({{"path", path.string()},
                {"status", status_name(verdict.status)},
                {"checked", verdict.checked},
                {"worst", worst},
                {"reason", verdict.reason.empty() ? Json() : Json(verdict.reason)}});
  std::cout << std::flush;
}

void print_line(const fs::path& path, const Verdict& verdict) {
  std::cout << std::left << std::setw(12) << status_name(verdict.status) << path.string();
  if (verdict.checked > 0)
    std::cout << message(": ", verdict.checked, " compared, largest error ", verdict.absolute, " (relative ",
                         verdict.relative, "), nearest to its tolerance ", verdict.worst, " (", verdict.error, " of ",
                         verdict.tolerance, ")");
  if (!verdict.reason.empty()) std::cout << ": " << verdict.reason;
  std::cout << std::endl;
}

int verify(const Options& options) {
  const VerifyContext context = {Backend::create(options.device), options.model, options.gguf};
  std::vector<fs::path> found;
  for (const fs::path& path : options.paths) {
    const size_t before = found.size();
    collect(path, found);
    if (found.size() > before) continue;
    std::cerr << "graft: " << path.string() << ": no reference outputs here\n";
    return kUsage;
  }
  int counts[3] = {};
  for (const fs::path& path : found) {
    const Verdict verdict = verify_one(path, context);
    options.json ? print_json(path, verdict) : print_line(path, verdict);
    ++counts[static_cast<int>(verdict.status)];
  }
  const int wrong = counts[static_cast<int>(Verdict::Status::wrong)];
  if (!options.json)
    std::cout << counts[static_cast<int>(Verdict::Status::ok)] << " ok, " << wrong << " wrong, "
              << counts[static_cast<int>(Verdict::Status::unsupported)] << " unsupported, on "
              << context.backend->kernels().name << '\n';
  return wrong > 0 ? kFailed : kDone;
}

}  // namespace

void add_verify(Program& program) {
  const auto options = std::make_shared<Options>();
  CLI::App& command = *program.app.add_subcommand("verify", "Compare with reference outputs");
  command.add_option("path", options->paths, "model, adapter, train or tokenizer folder, .gguf, or a folder of such")
      ->required()
      ->check(CLI::ExistingPath);
  command.add_option("--model", options->model, "the model of real/X.json")->check(CLI::ExistingPath);
  command.add_option("--gguf", options->gguf, "the GGUF file that holds a tokenizer")->check(CLI::ExistingFile);
  command.add_option("--kernels", options->device.kernels,
                     "where to compute: a table of kernels such as cpu/avx2, or cuda");
  command.add_option("-t,--threads", options->device.threads, "threads that compute");
  command.add_flag("--json", options->json, "a line of JSON for each folder");
  command.callback([&program, options] { program.action = [options] { return verify(*options); }; });
}

}  // namespace graft::inline v0
