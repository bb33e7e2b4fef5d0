// SPDX-License-Identifier: Apache-2.0
//
// Adafactor (Shazeer & Stern 2018): the second moments of a matrix are the product of one factor a row and one a
// column. Of a single row or column they are exact, so that vectors need no rule of their own.
#include <math.h>

#include "cpu/table.hpp"
#include "cpu/update.hpp"

namespace graft::inline v0::cpu::GRAFT_ISA {
namespace {

// Rows a task: by the shape of the matrix alone, and enough of them that their columns' sums are few.
int64_t rows_of_task(int cols) { return max<int64_t>(32, kTaskElements / max(1, cols)); }

// The sum of a row of squares; each is added to its column's, too.
float add_squares(const float* gradient, float scale, int cols, float* columns) {
  Vec row = {};
  for_vectors(cols, [&](int64_t j, int lanes) {
    const Vec g = load(gradient + j, lanes) * scale, square = g * g;
    row += square;
    store(columns + j, load(columns + j, lanes) + square, lanes);
  });
  return sum(row);
}

float moved(float mean, float beta2, float found, float epsilon) {
  return mean * beta2 + (1 - beta2) * (found + epsilon);
}

}  // namespace

void adafactor_moments(const Stream& stream, float scale, float beta2, float epsilon, const float* gradient, int rows,
                       int cols, float* row_mean, float* column_mean, float* by_row, float* by_column) {
  const int64_t height = rows_of_task(cols), tasks = ceil_div(rows, height);
  float* columns = static_cast<float*>(
      stream.scratch(stream.context, static_cast<size_t>(tasks) * static_cast<size_t>(cols) * sizeof(float)));
  parallel_for(stream, tasks, [&](int64_t task, int) {
    float* of_task = columns + task * cols;
    memset(of_task, 0, static_cast<size_t>(cols) * sizeof(float));
    for (int64_t row = task * height; row < min<int64_t>(rows, (task + 1) * height); ++row)
      row_mean[row] =
          moved(row_mean[row], beta2,
                add_squares(gradient + row * cols, scale, cols, of_task) / static_cast<float>(cols), epsilon);
  });
  parallel_vectors(stream, cols, tasks, [&](int64_t j, int lanes) {
    Vec found = {};
    for (int64_t task = 0; task < tasks; ++task) found += load(columns + task * cols + j, lanes);
    const Vec mean = load(column_mean + j, lanes) * beta2 + (found / static_cast<float>(rows) + epsilon) * (1 - beta2);
    store(column_mean + j, mean, lanes);
    store(by_column + j, 1 / square_root(mean), lanes);
  });
  double mean = 0;
  for (int row = 0; row < rows; ++row) mean += row_mean[row];
  mean /= rows;
  for (int row = 0; row < rows; ++row) by_row[row] = static_cast<float>(sqrt(mean / row_mean[row]));
}

double adafactor_square_sum(const Stream& stream, float scale, const float* gradient, const float* by_row,
                            const float* by_column, int rows, int cols) {
  const int64_t height = rows_of_task(cols), tasks = ceil_div(rows, height);
  double* partial = static_cast<double*>(stream.scratch(stream.context, static_cast<size_t>(tasks) * sizeof(double)));
  parallel_for(stream, tasks, [&](int64_t task, int) {
    double total = 0;
    for (int64_t row = task * height; row < min<int64_t>(rows, (task + 1) * height); ++row) {
      Vec of_row = {};
      for_vectors(cols, [&](int64_t j, int lanes) {
        const Vec update = load(gradient + row * cols + j, lanes) * load(by_column + j, lanes);
        of_row += update * update;
      });
      const double factor = static_cast<double>(scale) * by_row[row];
      total += factor * factor * sum(of_row);
    }
    partial[task] = total;
  });
  double total = 0;
  for (int64_t task = 0; task < tasks; ++task) total += partial[task];
  return total;
}

void adafactor(const Stream& stream, const AdafactorStep& options, const float* gradient, const float* by_row,
               const float* by_column, float* parameter, float* mean, int rows, int cols) {
  const int64_t height = rows_of_task(cols);
  const float keep = kept_share(options.step);
  parallel_for(stream, ceil_div(rows, height), [&](int64_t task, int) {
    for (int64_t row = task * height; row < min<int64_t>(rows, (task + 1) * height); ++row) {
      const float factor = options.step.scale * options.step.rate * options.clip * by_row[row];
      for_vectors(cols, [&](int64_t j, int lanes) {
        const int64_t i = row * cols + j;
        Vec move = load(gradient + i, lanes) * load(by_column + j, lanes) * factor;
        if (mean) {
          move = load(mean + i, lanes) * options.beta1 + move * (1 - options.beta1);
          store(mean + i, move, lanes);
        }
        store(parameter + i, load(parameter + i, lanes) * keep - move, lanes);
      });
    }
  });
}

}  // namespace graft::inline v0::cpu::GRAFT_ISA
