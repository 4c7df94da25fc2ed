// SPDX-License-Identifier: MIT
#include "product.hpp"

#include <algorithm>
#include <array>

#include "dot_tile.hpp"

namespace moesaic::decoder {

namespace {

// Below this many bytes of weights times rows of input, waking a helper costs more than it brings.
constexpr std::int64_t worth_sharing = 128 * 1024;

ggml_type dot_type(ggml_type weights) noexcept { return ggml_get_type_traits_cpu(weights)->vec_dot_type; }

}  // namespace

void activations::assign(const float* values, std::int64_t rows, std::int64_t columns) noexcept {
  values_ = values;
  rows_ = rows;
  columns_ = columns;
  for (form& f : forms_) f.current = false;
}

void activations::prepare(ggml_type weights) {
  const ggml_type wanted = dot_type(weights);
  if (wanted == GGML_TYPE_F32) return;
  auto at = std::ranges::find(forms_, wanted, &form::type);
  if (at == forms_.end()) at = forms_.insert(forms_.end(), form{wanted, false, {}});
  if (at->current) return;
  const std::size_t row_bytes = ggml_row_size(wanted, columns_);
  const std::size_t needed = row_bytes * static_cast<std::size_t>(rows_);
  if (at->bytes.size() < needed) at->bytes.resize(needed);
  const auto convert = ggml_get_type_traits_cpu(wanted)->from_float;
  for (std::int64_t r = 0; r < rows_; ++r) convert(values_ + r * columns_, at->bytes.data() + static_cast<std::size_t>(r) * row_bytes, columns_);
  at->current = true;
}

activations::prepared activations::form_for(ggml_type weights) const noexcept {
  const ggml_type wanted = dot_type(weights);
  const std::size_t stride = ggml_row_size(wanted, columns_);
  if (wanted == GGML_TYPE_F32) return {reinterpret_cast<const std::byte*>(values_), stride};
  return {std::ranges::find(forms_, wanted, &form::type)->bytes.data(), stride};
}

void multiply(thread_team& team, activations& input, std::span<const product> list) {
  std::int64_t rows = 0;
  std::int64_t work = 0;
  for (const product& p : list) {
    input.prepare(p.weights->type);
    rows += p.weights->rows;
    work += p.weights->rows * static_cast<std::int64_t>(p.weights->row_bytes()) * input.rows();
  }
  // Four pieces a thread: enough to even out a helper that comes late, few enough for the claims not to count.
  const std::int64_t pieces = work < worth_sharing ? 1 : std::clamp<std::int64_t>(team.size() * 4, 1, std::max<std::int64_t>(rows, 1));
  const std::int64_t each = (rows + pieces - 1) / pieces;
  team.run(static_cast<std::uint32_t>(pieces), [&](std::uint32_t piece, unsigned) {
    std::int64_t from = piece * each;
    std::int64_t to = std::min(rows, from + each);
    for (const product& p : list) {
      const std::int64_t end = std::min(to, p.weights->rows);
      const activations::prepared rows_in = input.form_for(p.weights->type);
      for (std::int64_t first = 0; first < input.rows() && from < end; first += dot_tile::most) {
        const std::int64_t count = std::min(input.rows() - first, dot_tile::most);
        std::array<float*, dot_tile::most> out{};
        for (std::int64_t t = 0; t < count; ++t) out[static_cast<std::size_t>(t)] = p.out + (first + t) * p.stride + from;
        const auto row = [&](std::int64_t t) { return rows_in.row(first + t); };
        dot_tile(p.weights->type, p.weights->columns, count, row).multiply(*p.weights, from, end, out.data());
        for (std::int64_t t = 0; t < count && p.bias != nullptr; ++t)
          for (std::int64_t w = from; w < end; ++w) out[static_cast<std::size_t>(t)][w - from] += p.bias[w];
      }
      from = std::max<std::int64_t>(0, from - p.weights->rows);
      to -= p.weights->rows;
      if (to <= 0) break;
    }
  });
}

}  // namespace moesaic::decoder
