// SPDX-License-Identifier: MIT
#include "gated_feed_forward.hpp"

#include <algorithm>
#include <optional>

#include "dot_tile.hpp"
#include "row_math.hpp"

namespace moesaic::decoder {

namespace {

constexpr std::int64_t worth_sharing = 128 * 1024;  // bytes of weights times rows, as in multiply()
constexpr std::int64_t tile = dot_tile::most;
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
  const auto open = weights.opens == activation::silu ? gated : clamped_gated;
  const cut first = share(bench.team, inner, 2 * inner * static_cast<std::int64_t>(gate.row_bytes()) * count);
  bench.team.run(static_cast<std::uint32_t>(first.pieces), [&](std::uint32_t piece, unsigned) {
    const std::int64_t from = piece * first.each;
    const std::int64_t to = std::min(inner, from + first.each);
    for (std::int64_t begin = 0; begin < count; begin += tile) {
      const std::int64_t end = std::min(count, begin + tile);
      const auto input = [&](std::int64_t r) { return rows[static_cast<std::size_t>(begin + r)].input; };
      const dot_tile to_gate(gate.type, gate.columns, end - begin, [&](std::int64_t r) { return for_gate.row(input(r)); });
      std::optional<dot_tile> to_up;  // most often the rows are the same
      if (up.type != gate.type) to_up.emplace(up.type, up.columns, end - begin, [&](std::int64_t r) { return for_up.row(input(r)); });
      for (std::int64_t left = from; left < to; left += block) {
        const std::int64_t right = std::min(to, left + block);
        float gates[tile][block];
        float ups[tile][block];
        float *gate_rows[tile], *up_rows[tile];
        for (std::int64_t r = 0; r < tile; ++r) gate_rows[r] = gates[r], up_rows[r] = ups[r];
        to_gate.multiply(gate, left, right, gate_rows);
        (to_up ? *to_up : to_gate).multiply(up, left, right, up_rows);
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
  const cut second = share(bench.team, down.rows, down.rows * static_cast<std::int64_t>(down.row_bytes()) * count);
  bench.team.run(static_cast<std::uint32_t>(second.pieces), [&](std::uint32_t piece, unsigned) {
    const std::int64_t from = piece * second.each;
    const std::int64_t to = std::min(down.rows, from + second.each);
    for (std::int64_t begin = 0; begin < count; begin += tile) {
      const std::int64_t end = std::min(count, begin + tile);
      float* out_rows[tile];
      for (std::int64_t r = begin; r < end; ++r) out_rows[r - begin] = out + rows[static_cast<std::size_t>(r)].output + from;
      dot_tile(down.type, inner, end - begin, [&](std::int64_t r) { return for_down.row(begin + r); }).multiply(down, from, to, out_rows);
      for (std::int64_t r = 0; r < end - begin; ++r) add_bias(out_rows[r], weights.down_bias, from, to);
    }
  });
}

}  // namespace moesaic::decoder
