// SPDX-License-Identifier: Apache-2.0
//
// Activations, alone and as the gate of a second input (Shazeer 2020). Each kind is a curve: its value and slope at x
// from the same exponential. Each element is read and written once.
#include "cuda/device.cuh"
#include "cuda/table.hpp"

namespace graft::inline v0::cuda {
namespace {

struct Point {
  float y, slope;
};

__device__ float sigmoid(float x) { return 1 / (1 + expf(-x)); }

struct Identity {
  __device__ static Point at(float x) { return {x, 1}; }
};
struct Relu {
  __device__ static Point at(float x) { return {x > 0 ? x : 0, x > 0 ? 1.0f : 0.0f}; }
};
struct Tanh {
  __device__ static Point at(float x) {
    const float y = tanhf(x);
    return {y, 1 - y * y};
  }
};
struct Sigmoid {
  __device__ static Point at(float x) {
    const float y = sigmoid(x);
    return {y, y * (1 - y)};
  }
};
struct Silu {
  __device__ static Point at(float x) {
    const float s = sigmoid(x);
    return {x * s, s * (1 + x * (1 - s))};
  }
};
struct GeluQuick {
  __device__ static Point at(float x) {
    const float z = 1.702f * x, s = sigmoid(z);
    return {x * s, s * (1 + z * (1 - s))};
  }
};
struct GeluTanh {
  __device__ static Point at(float x) {
    constexpr float kScale = 0.797884561f, kCube = 0.044715f;  // sqrt(2 / pi)
    const float square = x * x, t = tanhf(kScale * x * (1 + kCube * square)), half = 0.5f * (1 + t);
    return {x * half, half + 0.5f * x * (1 - t * t) * kScale * (1 + 3 * kCube * square)};
  }
};
// The lower tail keeps its relative precision, which 1 + erf(x) would lose.
struct Gelu {
  __device__ static Point at(float x) {
    const float share = 0.5f * erfcf(-0.707106781f * x);
    return {x * share, share + 0.398942280f * x * expf(-0.5f * x * x)};
  }
};

// body(curve) for the curve of a kind, so that its kernel is compiled for each.
template <class Body>
void with_curve(Activation kind, const Body& body) {
  switch (kind) {
    case Activation::identity:
      return body(Identity());
    case Activation::relu:
      return body(Relu());
    case Activation::gelu:
      return body(Gelu());
    case Activation::gelu_tanh:
      return body(GeluTanh());
    case Activation::gelu_quick:
      return body(GeluQuick());
    case Activation::silu:
      return body(Silu());
    case Activation::tanh:
      return body(Tanh());
    case Activation::sigmoid:
      return body(Sigmoid());
  }
}

template <class Curve>
void curve_forward(const Stream& stream, const float* x, Destination y, int64_t count) {
  for_each(stream, count, [=] __device__(int64_t i) { store(y, i, Curve::at(load(x + i)).y); });
}

template <class Curve>
void gate_forward(const Stream& stream, const float* gate, const float* up, Destination y, int64_t count) {
  for_each(stream, count, [=] __device__(int64_t i) { store(y, i, Curve::at(load(gate + i)).y * load(up + i)); });
}

// Kept: float, or the bits of bf16.
template <class Curve, class Kept>
void curve_backward(const Stream& stream, const Kept* x, const float* dy, GradientSum dx, int64_t count) {
  for_each(stream, count,
           [=] __device__(int64_t i) { add_to(dx, i, load(dy + i) * Curve::at(load_float(x + i)).slope); });
}

template <class Curve, class Kept>
void gate_backward(const Stream& stream, const Kept* gate, const Kept* up, const float* dy, GradientSum dgate,
                   GradientSum dup, int64_t count) {
  for_each(stream, count, [=] __device__(int64_t i) {
    const Point at = Curve::at(load_float(gate + i));
    const float d = load(dy + i);
    if (dgate) add_to(dgate, i, d * load_float(up + i) * at.slope);
    if (dup) add_to(dup, i, d * at.y);
  });
}

}  // namespace

void activation(const Stream& stream, Activation kind, const float* x, Destination y, int64_t count) {
  with_curve(kind, [&](auto curve) { curve_forward<decltype(curve)>(stream, x, y, count); });
}

void activation_backward(const Stream& stream, Activation kind, const void* x, Dtype dtype, const float* dy,
                         GradientSum dx, int64_t count) {
  with_curve(kind, [&](auto curve) {
    using Curve = decltype(curve);
    if (dtype == Dtype::f32)
      curve_backward<Curve>(stream, static_cast<const float*>(x), dy, dx, count);
    else
      curve_backward<Curve>(stream, static_cast<const uint16_t*>(x), dy, dx, count);
  });
}

void gated_activation(const Stream& stream, Activation kind, const float* gate, const float* up, Destination y,
                      int64_t count) {
  with_curve(kind, [&](auto curve) { gate_forward<decltype(curve)>(stream, gate, up, y, count); });
}

void gated_activation_backward(const Stream& stream, Activation kind, const void* gate, const void* up, Dtype dtype,
                               const float* dy, GradientSum dgate, GradientSum dup, int64_t count) {
  if (!dgate && !dup) return;
  with_curve(kind, [&](auto curve) {
    using Curve = decltype(curve);
    if (dtype == Dtype::f32)
      gate_backward<Curve>(stream, static_cast<const float*>(gate), static_cast<const float*>(up), dy, dgate, dup,
                           count);
    else
      gate_backward<Curve>(stream, static_cast<const uint16_t*>(gate), static_cast<const uint16_t*>(up), dy, dgate, dup,
                           count);
  });
}

}  // namespace graft::inline v0::cuda
