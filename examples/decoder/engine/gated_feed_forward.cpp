// SPDX-License-Identifier: MIT
#include "gated_feed_forward.hpp"

#include <algorithm>

#include "row_math.hpp"

namespace moesaic::decoder {

namespace {

constexpr std::int64_t worth_sharing = 128 * 1024;  // bytes of weights times rows, as in multiply()
constexpr std::int64_t tile = 16;                   // rows of input that stay in the first-level cache together
constexpr std::int64_t block = 32;                  // columns whose gates are opened together

struct cut {
  std::int64_t pieces;
  std::int64_t each;
};

cut share(const thread_team& team, std::int64_t rows, std::int64_t work) noexcept {
  const std::int64_t pieces = work < worth_sharing ? 1 : std::min<std::int64_t>(rows, team.size() * 4);
  return {pieces, (rows + pieces - 1) / pieces};
}

void add_bias(float* values, const float* bias, std::int64_t from, std::int64_t to) noexcept {
  if (bias == nullptr) return;
  for (std::int64_t i = from; i < to; ++i) values[i - from] += bias[i];
}

}  // namespace

void gated_feed_forward(workbench& bench, const gated_weights& weights, std::span<const routed_row> rows, float* out) {
  const matrix& gate = weights.gate;
  const matrix& up = weights.up;
  const matrix& down = weights.down;
  const auto count = static_cast<std::int64_t>(rows.size());
  const std::int64_t inner = gate.rows;
  float* hidden = bench.hidden.of(count * inner);

  bench.input.prepare(gate.type);
  bench.input.prepare(up.type);
  const activations::prepared for_gate = bench.input.form_for(gate.type);
  const activations::prepared for_up = bench.input.form_for(up.type);
  const auto gate_dot = dot_function(gate.type);
  const auto up_dot = dot_function(up.type);
  const auto width = static_cast<int>(gate.columns);
  const auto open = weights.opens == activation::silu ? gated : clamped_gated;
  const cut first = share(bench.team, inner, 2 * inner * static_cast<std::int64_t>(gate.row_bytes()) * count);
  bench.team.run(static_cast<std::uint32_t>(first.pieces), [&](std::uint32_t piece, unsigned) {
    const std::int64_t from = piece * first.each;
    const std::int64_t to = std::min(inner, from + first.each);
    for (std::int64_t begin = 0; begin < count; begin += tile) {
      const std::int64_t end = std::min(count, begin + tile);
      for (std::int64_t left = from; left < to; left += block) {
        const std::int64_t right = std::min(to, left + block);
        float gates[tile][block];
        float ups[tile][block];
        for (std::int64_t w = left; w < right; ++w)
          for (std::int64_t r = begin; r < end; ++r) {
            const std::int64_t input = rows[static_cast<std::size_t>(r)].input;
            gate_dot(width, &gates[r - begin][w - left], 0, gate.row(w), 0, for_gate.row(input), 0, 1);
            up_dot(width, &ups[r - begin][w - left], 0, up.row(w), 0, for_up.row(input), 0, 1);
          }
        for (std::int64_t r = begin; r < end; ++r) {
          add_bias(gates[r - begin], weights.gate_bias, left, right);
          add_bias(ups[r - begin], weights.up_bias, left, right);
          open(gates[r - begin], ups[r - begin], hidden + r * inner + left, right - left);
        }
      }
    }
  });

  bench.inner.assign(hidden, count, inner);
  bench.inner.prepare(down.type);
  const activations::prepared for_down = bench.inner.form_for(down.type);
  const auto down_dot = dot_function(down.type);
  const cut second = share(bench.team, down.rows, down.rows * static_cast<std::int64_t>(down.row_bytes()) * count);
  bench.team.run(static_cast<std::uint32_t>(second.pieces), [&](std::uint32_t piece, unsigned) {
    const std::int64_t from = piece * second.each;
    const std::int64_t to = std::min(down.rows, from + second.each);
    for (std::int64_t begin = 0; begin < count; begin += tile) {
      const std::int64_t end = std::min(count, begin + tile);
      for (std::int64_t w = from; w < to; ++w)
        for (std::int64_t r = begin; r < end; ++r) {
          float* const to_row = out + rows[static_cast<std::size_t>(r)].output + w;
          down_dot(static_cast<int>(inner), to_row, 0, down.row(w), 0, for_down.row(r), 0, 1);
          if (weights.down_bias != nullptr) *to_row += weights.down_bias[w];
        }
    }
  });
}

}  // namespace moesaic::decoder
