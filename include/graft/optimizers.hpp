// SPDX-License-Identifier: Apache-2.0
//
// Rules by which training changes a parameter: TrainOptions{.optimizer = graft::SGD{.momentum = 0.9f}}. They are those
// of torch.optim and transformers, with their defaults unless a line says otherwise.
#pragma once

#include <variant>

namespace graft::inline v0 {

// Decoupled weight decay (Loshchilov & Hutter 2019); with `amsgrad` the variance never falls (Reddi et al. 2018).
struct AdamW {
  float beta1 = 0.9f, beta2 = 0.999f;
  float epsilon = 1e-8f;
  float weight_decay = 0.01f;
  bool amsgrad = false;
};

// Kingma & Ba 2015. The weight decay is a part of the gradient, as L2 regularisation is.
struct Adam {
  float beta1 = 0.9f, beta2 = 0.999f;
  float epsilon = 1e-8f;
  float weight_decay = 0;
  bool amsgrad = false;
};

struct SGD {
  float momentum = 0, dampening = 0;
  bool nesterov = false;  // needs momentum, and no dampening
  float weight_decay = 0;
};

// Hinton 2012. `decay` is of the running mean of squares; `centered` divides by the deviation instead of that mean.
struct RMSprop {
  float decay = 0.99f;
  float epsilon = 1e-8f;
  float momentum = 0;
  bool centered = false;
  float weight_decay = 0;
};

// Duchi et al. 2011. Step n has the rate / (1 + (n - 1) · rate_decay).
struct Adagrad {
  float rate_decay = 0;
  float epsilon = 1e-10f;
  float initial_sum = 0;  // of squares
  float weight_decay = 0;
};

// Shazeer & Stern 2018: second moments take one float a row and one a column. Decoupled weight decay.
struct Adafactor {
  float clip_threshold = 1;      // of the root mean square of an update
  float decay_exponent = -0.8f;  // step n keeps 1 - n^this of the second moments
  float beta1 = 0;               // of a running mean of the updates; 0: none
  float epsilon = 1e-30f;        // added to squares
  float least_scale = 1e-3f;     // of a parameter, for scale_parameter
  bool scale_parameter = false;  // the rate is a share of the parameter's root mean square
  bool relative_step = false;    // min(0.01, 1/√n) in place of the learning rate with its schedule
  bool warmup_init = false;      // with relative_step: n · 1e-6 in place of 0.01
  float weight_decay = 0;
};

// Chen et al. 2023. Wants about a tenth of AdamW's rate, and ten times its decay.
struct Lion {
  float beta1 = 0.9f, beta2 = 0.99f;
  float weight_decay = 0.1f;
};

// Jordan 2024: the momentum of a matrix, made orthogonal. Vectors, embeddings and heads take AdamW with the fields of
// its names.
struct Muon {
  float momentum = 0.95f;
  bool nesterov = true;
  int iterations = 5;         // of Newton and Schulz
  bool matches_adamw = true;  // scales a matrix's step to the size of AdamW's (Liu et al. 2025), so that one rate fits
                              // both; false: by √max(1, rows / columns)
  float weight_decay = 0.1f;
  float beta1 = 0.9f, beta2 = 0.999f;
  float epsilon = 1e-8f;
};

// AdamW with its moments in a byte each (Dettmers et al. 2022). Small parameters, embeddings and heads keep floats.
struct AdamW8bit {
  float beta1 = 0.9f, beta2 = 0.999f;
  float epsilon = 1e-8f;
  float weight_decay = 0.01f;
};

using OptimizerOptions = std::variant<AdamW, Adam, SGD, RMSprop, Adagrad, Adafactor, Lion, Muon, AdamW8bit>;

}  // namespace graft::inline v0
