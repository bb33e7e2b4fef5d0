// SPDX-License-Identifier: Apache-2.0
#include "backend/backend.hpp"

#include <algorithm>
#include <cstdlib>
#include <new>
#include <span>

#include "device_backend.hpp"
#include "support/aligned_memory.hpp"
#include "support/message.hpp"

namespace graft::inline v0 {
namespace {

constexpr int kMaxThreads = 1024;

std::string chosen_name(const DeviceOptions& options) {
  const char* forced = std::getenv("GRAFT_KERNELS");
  return options.kernels.empty() && forced ? forced : options.kernels;
}

std::span<const Kernels* const> usable_tables() {
  const KernelTables all = kernel_tables();
  return {all.tables, size_t(all.count + (all.by_name > 0 && all.has_library() ? all.by_name : 0))};
}

const Kernels& find_kernels(const std::string& name) {
  const KernelTables all = kernel_tables();
  if (name.empty()) return *all.tables[all.count - 1];
  std::string known;
  for (const Kernels* table : usable_tables()) {
    if (table->name == name) return *table;
    known += (known.empty() ? "" : ", ") + std::string(table->name);
  }
  fail<ArgumentError>("kernels: \"", name, "\" is not available on this processor, expected one of ", known,
                      " or cuda");
}

int thread_count(int wanted) {
  if (const char* set = std::getenv("GRAFT_THREADS"); wanted == 0 && set) wanted = std::atoi(set);
  check(wanted >= 0 && wanted <= kMaxThreads, "threads: found ", wanted, ", expected 0 to ", kMaxThreads);
  return wanted ? wanted : std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
}

}  // namespace

std::shared_ptr<const Backend> Backend::create(const DeviceOptions& options) {
  const std::string name = chosen_name(options);
  std::shared_ptr<const DeviceQueue> queue = DeviceQueue::open(name);
  const Kernels& kernels = queue ? queue->kernels() : find_kernels(name);
  return std::make_shared<const Backend>(kernels, options, std::move(queue));
}

Backend::Backend(const Kernels& kernels, const DeviceOptions& options, std::shared_ptr<const DeviceQueue> queue)
    : queue_(std::move(queue)),
      profile_(options.profile ? std::make_unique<Profile>(kernels) : nullptr),
      kernels_(profile_ ? profile_->table() : kernels),
      threads_count_(thread_count(options.threads)),
      executor_(options.executor) {
  if (!executor_) pool_ = std::make_unique<Threads>(threads_count_);
}

// The host's executor sees one task a worker; workers take the kernel's tasks from a common counter.
void Backend::parallel(int tasks, Threads::Body body, void* argument) const {
  if (pool_) return pool_->parallel(tasks, body, argument);
  std::atomic<int> next{0};
  executor_(std::min(tasks, threads_count_), [&](int worker) {
    for (int task; (task = next.fetch_add(1)) < tasks;) body(argument, task, worker);
  });
}

std::vector<std::string> kernel_names() {
  std::vector<std::string> names;
  for (const Kernels* table : usable_tables()) names.emplace_back(table->name);
  return names;
}

std::vector<std::string> device_descriptions() {
  std::string tables;
  for (const std::string& name : kernel_names()) tables += (tables.empty() ? "" : ", ") + name;
  std::vector<std::string> lines = {"cpu: " + tables};
  const DeviceBackend* cuda = cuda_backend();
  if (!cuda) {
    lines.push_back("cuda: this build leaves it out, configure with -DGRAFT_CUDA=ON");
    return lines;
  }
  const DeviceList found = cuda->devices();
  if (found.count == 0) lines.push_back(std::string("cuda: ") + found.missing);
  for (int i = 0; i < found.count; ++i) try {
      lines.push_back("cuda:" + std::to_string(i) + ": " + cuda->name(i).text);
    } catch (const Error& error) {
      lines.push_back("cuda:" + std::to_string(i) + ": " + error.what());
    }
  return lines;
}

Lane::Lane(std::shared_ptr<const Backend> backend) : backend_(std::move(backend)) {
  if (backend_->queue())
    stream_ = backend_->queue()->take_stream();
  else
    open_on_cpu();
  stream_.owner = this;
}

Lane::~Lane() {
  if (backend_->queue()) backend_->queue()->give_back(stream_);
  std::free(scratch_);
}

void Lane::open_on_cpu() {
  stream_.context = this;
  stream_.workers = backend_->threads();
  stream_.parallel = [](void* lane, int tasks, void (*body)(void*, int, int), void* argument) {
    static_cast<Lane*>(lane)->backend_->parallel(tasks, body, argument);
  };
  stream_.scratch = [](void* lane, size_t bytes) { return static_cast<Lane*>(lane)->scratch(bytes); };
}

const void* Lane::visible(const void* host, size_t bytes, void* copy) const {
  if (!backend_->queue()) return host;
  backend_->queue()->upload(stream_, host, copy, bytes);
  return copy;
}

void* Lane::scratch(size_t bytes) {
  if (bytes <= scratch_bytes_) return scratch_;
  std::free(scratch_);
  scratch_bytes_ = 0;
  constexpr size_t kPage = 4096;
  const size_t rounded = (bytes + kPage - 1) / kPage * kPage;
  scratch_ = allocate_aligned(rounded);
  scratch_bytes_ = rounded;
  return scratch_;
}

}  // namespace graft::inline v0
