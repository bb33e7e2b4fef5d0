// SPDX-License-Identifier: Apache-2.0
//
// What models with other heads than a chat model's give: classes, tags, answers, embeddings.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <graft/export.hpp>

namespace graft::inline v0 {

class Adapter;

struct TaskOptions {
  std::string second = {};           // the second text of a pair; empty: there is none
  int max_length = 0;                // longer texts are cut; 0: the model's context
  const Adapter* adapter = nullptr;  // not owned; null: the model as it was loaded
};

// A label with its probability; of a model that gives numbers, its name and the number.
struct LabelScore {
  std::string label;
  float probability = 0;
};

// A labelled part of a text: bytes [begin, end).
struct TaggedSpan {
  std::string label, text;
  size_t begin = 0, end = 0;
  float probability = 0;  // the mean of its tokens
};

struct Answer {
  std::string text;           // empty where the text holds no answer
  size_t begin = 0, end = 0;  // bytes of the context
  float score = 0;            // log-odds against "no answer"
};

enum class Pooling {
  automatic,  // what the folder's 1_Pooling/config.json says, else the mean
  mean,
  first,  // the first token: [CLS]
  last,
};

struct EmbedOptions {
  Pooling pooling = Pooling::automatic;
  bool normalized = true;  // to length 1
  int max_length = 0;
  const Adapter* adapter = nullptr;
};

// How likely a continuation is.
struct Scored {
  double log_likelihood = 0;  // natural logarithm, of all its tokens
  int tokens = 0;
  double probability = 0;  // its share among the continuations
};

struct ScoreOptions {
  // Probabilities are divided by these, one a continuation, before they are made shares: with those that Model::prior
  // finds, contextual calibration (Zhao et al. 2021). Empty: they are not.
  std::vector<double> prior = {};
  const Adapter* adapter = nullptr;
};

struct FilledMask {
  std::string token;
  int32_t id = 0;
  float probability = 0;
};

}  // namespace graft::inline v0
