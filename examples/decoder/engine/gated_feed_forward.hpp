// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <span>

#include "workbench.hpp"

namespace moesaic::decoder {

/// What opens the gates: silu(gate) * up, or gpt-oss's form with limits (row_math.hpp).
enum class activation : std::uint8_t { silu, clamped };

/// The three matrices of a gated feed-forward network: down(silu(gate x) * (up x)). An expert is one, a dense layer has one.
/// Each product may have a bias, one number for each row of its matrix.
struct gated_weights {
  matrix gate;  ///< width x inner
  matrix up;    ///< width x inner
  matrix down;  ///< inner x width
  activation opens = activation::silu;
  const float* gate_bias = nullptr;
  const float* up_bias = nullptr;
  const float* down_bias = nullptr;
};

/// One row to compute: which row of the input, and where (in floats) its result begins in `out`.
struct routed_row {
  std::int64_t input = 0;
  std::int64_t output = 0;
};

/// Computes the rows of the list from `bench.input` and writes each result, [down.rows] floats, to its own place. The weights
/// may lie at any address, and the rows may be any subset: a row's result has the same bits alone as among others.
void gated_feed_forward(workbench& bench, const gated_weights& weights, std::span<const routed_row> rows, float* out);

}  // namespace moesaic::decoder
