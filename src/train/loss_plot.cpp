// SPDX-License-Identifier: Apache-2.0
#include "train/loss_plot.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "support/message.hpp"

namespace graft::inline v0 {
namespace {

constexpr double kWidth = 640, kHeight = 320, kMargin = 48;
constexpr size_t kMostPoints = 400;

struct Point {
  double step, loss;
};

// Each is the mean of some steps.
std::vector<Point> points_of(const std::vector<float>& losses) {
  std::vector<Point> points;
  const size_t count = std::min(kMostPoints, losses.size());
  for (size_t i = 0; i < count; ++i) {
    const size_t begin = i * losses.size() / count, end = (i + 1) * losses.size() / count;
    double sum = 0;
    for (size_t at = begin; at < end; ++at) sum += losses[at];
    points.push_back({double(begin + end + 1) / 2, sum / double(end - begin)});
  }
  return points;
}

std::vector<Point> points_of(const std::vector<Evaluation>& evaluations) {
  std::vector<Point> points;
  for (const Evaluation& evaluation : evaluations) points.push_back({double(evaluation.step), evaluation.loss});
  return points;
}

class Axes {
 public:
  Axes(double steps, double least, double most) : steps_(std::max(steps, 1.0)), least_(least), most_(most) {
    if (!(most_ > least_)) most_ = least_ + 1;
  }
  std::string place(const Point& point) const {
    const double x = kMargin + (kWidth - 2 * kMargin) * point.step / steps_;
    const double y = kHeight - kMargin - (kHeight - 2 * kMargin) * (point.loss - least_) / (most_ - least_);
    return message(std::round(10 * x) / 10, ",", std::round(10 * y) / 10, " ");
  }
  std::string line(const std::vector<Point>& points, const char* color) const {
    std::string text = message("<polyline fill=\"none\" stroke=\"", color, "\" stroke-width=\"1.5\" points=\"");
    for (const Point& point : points) text += place(point);
    return text + "\"/>\n";
  }

 private:
  double steps_, least_, most_;
};

std::string label(double x, double y, const char* anchor, const std::string& text, const char* color = "#444") {
  return message("<text x=\"", x, "\" y=\"", y, "\" text-anchor=\"", anchor, "\" fill=\"", color, "\">", text,
                 "</text>\n");
}

}  // namespace

std::string loss_plot(const TrainReport& report) {
  constexpr const char *kTrained = "#2060c0", *kHeldOut = "#c04020";
  const std::vector<Point> trained = points_of(report.losses), held_out = points_of(report.evaluations);
  std::vector<double> losses;
  for (const std::vector<Point>* points : {&trained, &held_out})
    for (const Point& point : *points) losses.push_back(point.loss);
  if (losses.empty()) losses = {0};
  const auto [least, most] = std::minmax_element(losses.begin(), losses.end());
  const Axes axes(report.steps, *least, *most);
  const double bottom = kHeight - kMargin, right = kWidth - kMargin;
  std::string svg = message("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 ", kWidth, " ", kHeight,
                            "\" font-family=\"sans-serif\" font-size=\"12\">\n<rect width=\"100%\" height=\"100%\" "
                            "fill=\"white\"/>\n<path fill=\"none\" stroke=\"#888\" d=\"M",
                            kMargin, " ", kMargin, "V", bottom, "H", right, "\"/>\n");
  svg += axes.line(trained, kTrained);
  if (!held_out.empty()) svg += axes.line(held_out, kHeldOut) + label(right, 40, "end", "held out", kHeldOut);
  svg += label(right, 24, "end", "loss of steps", kTrained) +
         label(kMargin - 6, kMargin + 4, "end", message(float(*most)));
  svg += label(kMargin - 6, bottom, "end", message(float(*least)));
  return svg + label(right, bottom + 18, "end", message("step ", report.steps)) + "</svg>\n";
}

}  // namespace graft::inline v0
