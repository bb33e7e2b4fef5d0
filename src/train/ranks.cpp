// SPDX-License-Identifier: Apache-2.0
#include "train/ranks.hpp"

#include "support/message.hpp"

namespace graft::inline v0 {
namespace {

constexpr size_t kBucket = size_t{1} << 20;  // floats

struct Values {
  float* data;
  size_t count;
};

// Small gradients side by side, which are summed at once.
class Bucket {
 public:
  Bucket(Group& group, Memory& memory) : group_(group), memory_(memory), all_(memory, 1, int(kBucket)) {}

  void add(const Values& values) {
    if (values.count > kBucket / 4) return sum(values);
    if (filled_ + values.count > kBucket) flush();
    memory_.copy(values.data, all_.data() + filled_, values.count);
    parts_.push_back(values);
    filled_ += values.count;
  }
  void flush() {
    sum({all_.data(), filled_});
    size_t at = 0;
    for (const Values& part : parts_) {
      memory_.copy(all_.data() + at, part.data, part.count);
      at += part.count;
    }
    parts_.clear();
    filled_ = 0;
  }

 private:
  void sum(const Values& values) {
    if (!group_.is_queued()) memory_.wait();
    group_.sum(std::span(values.data, values.count));
  }

  Group& group_;
  Memory& memory_;
  Tensor all_;
  std::vector<Values> parts_;
  size_t filled_ = 0;
};

}  // namespace

double Ranks::sum(double own) const {
  if (group_) group_->sum({&own, 1});
  return own;
}

// Halves of the fingerprint are whole numbers that their sums keep.
void Ranks::check_equal(uint64_t fingerprint) const {
  if (!group_) return;
  bool differs = false;
  for (const uint32_t half : {uint32_t(fingerprint), uint32_t(fingerprint >> 32)})
    differs |= sum(half) != double(half) * group_->size();
  check(!any(differs),
        "TrainOptions: group: its ranks do not begin with the same options, data, values and checkpoint");
}

void Ranks::join(StepLoss& loss) const {
  if (!group_) return;
  Rewards rewards = loss.rewards.value_or(Rewards());
  double values[] = {loss.sum, double(loss.tokens), rewards.margin, rewards.accuracy};
  group_->sum(values);
  loss.sum = values[0];
  loss.tokens = int64_t(values[1]);
  if (loss.rewards) loss.rewards = {float(values[2]), float(values[3])};
}

void Ranks::join(Gradients& gradients, std::span<const Tensor> watched, Memory& memory) const {
  if (!group_) return;
  std::vector<double> reached;
  for (const Tensor& tensor : watched) reached.push_back(gradients.reached(tensor));
  group_->sum(reached);
  Bucket bucket(*group_, memory);
  for (size_t i = 0; i < watched.size(); ++i)
    if (reached[i] > 0) bucket.add({gradients.reach(watched[i].identity().get()), watched[i].size()});
  bucket.flush();
}

}  // namespace graft::inline v0
