// SPDX-License-Identifier: MIT
#include "product.hpp"

#include <algorithm>

#include "row_math.hpp"

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
      const auto function = dot_function(p.weights->type);
      const auto columns = static_cast<int>(p.weights->columns);
      const activations::prepared rows_in = input.form_for(p.weights->type);
      // A tile of input rows stays in the first-level cache while the piece's rows of weights pass, each read once per tile.
      constexpr std::int64_t tile = 16;
      for (std::int64_t first = 0; first < input.rows() && from < end; first += tile) {
        const std::int64_t last = std::min(input.rows(), first + tile);
        for (std::int64_t w = from; w < end; ++w) {
          const std::byte* weights = p.weights->row(w);
          for (std::int64_t t = first; t < last; ++t) {
            float out = 0;
            function(columns, &out, 0, weights, 0, rows_in.row(t), 0, 1);
            p.out[t * p.stride + w] = p.bias == nullptr ? out : out + p.bias[w];
          }
        }
      }
      from = std::max<std::int64_t>(0, from - p.weights->rows);
      to -= p.weights->rows;
      if (to <= 0) break;
    }
  });
}

}  // namespace moesaic::decoder
