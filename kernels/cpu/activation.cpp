// SPDX-License-Identifier: Apache-2.0
//
// Activations, alone and as the gate of a second input (Shazeer 2020). Each kind is a curve: its value and slope at x
// from the same exponential, of which a forward pass uses the value only.
#include "cpu/destination.hpp"
#include "cpu/table.hpp"

namespace graft::inline v0::cpu::GRAFT_ISA {
namespace {

struct Point {
  Vec y, slope;
};

struct Identity {
  static Point at(Vec x) { return {x, splat(1)}; }
};
struct Relu {
  static Point at(Vec x) { return {select(x > Vec{}, x, Vec{}), select(x > Vec{}, splat(1), Vec{})}; }
};
struct Tanh {
  static Point at(Vec x) {
    const Vec y = tanh(x);
    return {y, 1.0f - y * y};
  }
};
struct Sigmoid {
  static Point at(Vec x) {
    const Vec y = sigmoid(x);
    return {y, y * (1.0f - y)};
  }
};
struct Silu {
  static Point at(Vec x) {
    const Vec s = sigmoid(x);
    return {x * s, s * (1.0f + x * (1.0f - s))};
  }
};
struct GeluQuick {
  static Point at(Vec x) {
    const Vec z = 1.702f * x, s = sigmoid(z);
    return {x * s, s * (1.0f + z * (1.0f - s))};
  }
};
struct GeluTanh {
  static Point at(Vec x) {
    constexpr float kScale = 0.797884561f, kCube = 0.044715f;  // sqrt(2 / pi)
    const Vec square = x * x, t = tanh(kScale * x * (1.0f + kCube * square)), half = 0.5f * (1.0f + t);
    return {x * half, half + 0.5f * x * (1.0f - t * t) * kScale * (1.0f + 3 * kCube * square)};
  }
};

// The upper tail of the normal distribution is exp(-x² / 2) times a function that changes slowly: the form of
// Abramowitz & Stegun (1964), 7.1.26, a polynomial in t = 1 / (1 + p |x|), here with p and the nine coefficients fitted
// to a relative error of 5e-8. The lower tail keeps its relative precision, which 1 + erf(x) would lose.
struct Gelu {
  static Point at(Vec x) {
    const Vec magnitude = vmax(x, -x), bell = exp(-0.5f * x * x), t = 1.0f / (1.0f + 0.353553391f * magnitude);
    Vec p = t * -2.953460791e-2f + 1.422880848e-1f;
    p = p * t - 2.436011509e-1f;
    p = p * t + 1.390348948e-1f;
    p = p * t - 1.331369304e-2f;
    p = p * t + 1.013437774e-1f;
    p = p * t + 1.215518005e-1f;
    p = p * t + 1.411876645e-1f;
    p = p * t + 1.410432084e-1f;
    const Vec tail = p * t * bell, share = select(x > Vec{}, 1.0f - tail, tail);
    return {x * share, share + 0.398942280f * x * bell};
  }
};

// body(curve) for the curve of a kind, so that its loop is compiled for each.
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

// What was kept of an input: floats, or floats rounded to bf16.
struct Floats {
  explicit Floats(const void* data) : x(static_cast<const float*>(data)) {}
  Vec operator()(int64_t i, int lanes) const { return load(x + i, lanes); }
  const float* x;
};
struct Halves {
  explicit Halves(const void* data) : x(static_cast<const uint16_t*>(data)) {}
  Vec operator()(int64_t i, int lanes) const { return from_bf16(load(x + i, lanes)); }
  const uint16_t* x;
};

template <class Curve>
void curve_forward(const Stream& stream, const float* x, Destination y, int64_t count) {
  parallel_ranges(stream, count, 4, [&](int64_t begin, int64_t end) {
    for_vectors(end - begin, [&](int64_t i, int lanes) {
      i += begin;
      store(y, i, Curve::at(load(x + i, lanes)).y, lanes);
    });
  });
}

template <class Curve>
void gate_forward(const Stream& stream, const float* gate, const float* up, Destination y, int64_t count) {
  parallel_ranges(stream, count, 4, [&](int64_t begin, int64_t end) {
    for_vectors(end - begin, [&](int64_t i, int lanes) {
      i += begin;
      store(y, i, Curve::at(load(gate + i, lanes)).y * load(up + i, lanes), lanes);
    });
  });
}

template <class Curve, class Kept>
void curve_backward(const Stream& stream, const Kept& x, const float* dy, const GradientSum& dx, int64_t count) {
  parallel_ranges(stream, count, 4, [&](int64_t begin, int64_t end) {
    for_vectors(end - begin, [&](int64_t i, int lanes) {
      i += begin;
      const Vec before = load(dx, i, lanes);
      store(dx, i, before + load(dy + i, lanes) * Curve::at(x(i, lanes)).slope, lanes);
    });
  });
}

template <class Curve, class Kept>
void gate_backward(const Stream& stream, const Kept& gate, const Kept& up, const float* dy, const GradientSum& dgate,
                   const GradientSum& dup, int64_t count) {
  parallel_ranges(stream, count, 4, [&](int64_t begin, int64_t end) {
    for_vectors(end - begin, [&](int64_t i, int lanes) {
      i += begin;
      const Point at = Curve::at(gate(i, lanes));
      const Vec d = load(dy + i, lanes);
      if (dgate) {
        const Vec before = load(dgate, i, lanes);
        store(dgate, i, before + d * up(i, lanes) * at.slope, lanes);
      }
      if (dup) {
        const Vec before = load(dup, i, lanes);
        store(dup, i, before + d * at.y, lanes);
      }
    });
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
      curve_backward<Curve>(stream, Floats(x), dy, dx, count);
    else
      curve_backward<Curve>(stream, Halves(x), dy, dx, count);
  });
}

void gated_activation(const Stream& stream, Activation kind, const float* gate, const float* up, Destination y,
                      int64_t count) {
  with_curve(kind, [&](auto curve) { gate_forward<decltype(curve)>(stream, gate, up, y, count); });
}

void gated_activation_backward(const Stream& stream, Activation kind, const void* gate, const void* up, Dtype dtype,
                               const float* dy, GradientSum dgate, GradientSum dup, int64_t count) {
  with_curve(kind, [&](auto curve) {
    using Curve = decltype(curve);
    if (dtype == Dtype::f32)
      gate_backward<Curve>(stream, Floats(gate), Floats(up), dy, dgate, dup, count);
    else
      gate_backward<Curve>(stream, Halves(gate), Halves(up), dy, dgate, dup, count);
  });
}

}  // namespace graft::inline v0::cpu::GRAFT_ISA
