// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "graft/transfer_options.hpp"
#include "models/network_pass.hpp"
#include "train/task_loss.hpp"

namespace graft::inline v0 {

// A network whose outputs another one learns.
struct Teacher {
  const NetworkContext& network;
  DistillationOptions options;
};

// Throws for networks that do not give the same kind of scores.
void check_teacher(const Trunk& teacher, const Trunk& student, const DistillationOptions& options);

// What the teacher makes of a batch.
class TeacherPass {
 public:
  // `sources`: what an encoder reads before.
  TeacherPass(const Teacher& teacher, Batch batch, Batch sources);

  // The loss of the scores of a student: its own of its labels, and that of the teacher's distributions.
  Tensor loss(Run& run, const Trunk& student, const Tensor& hidden, const Labels& labels);
  // That of the student's hidden states, `tokens` in the whole step.
  Tensor hidden_loss(Run& run, const Tensor& hidden, int64_t tokens);

 private:
  const Teacher& teacher_;
  NetworkPass source_, pass_;
  Encoded encoded_;
  Tensor hidden_;
};

}  // namespace graft::inline v0
