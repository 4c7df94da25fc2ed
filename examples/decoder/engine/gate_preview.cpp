// SPDX-License-Identifier: MIT
#include "gate_preview.hpp"

#include <algorithm>

namespace moesaic::decoder {

void gate_preview::set_reach(std::uint32_t layers, std::uint32_t moe_layers, std::int64_t width) {
  reach_ = std::min(layers, moe_layers == 0 ? 0 : moe_layers - 1);
  kept_.assign(reach_ + std::size_t{1}, {});
  means_.assign(std::size_t{moe_layers} * reach_, std::vector<float>(static_cast<std::size_t>(width)));
  seen_.assign(means_.size(), 0);
}

std::span<const hint> gate_preview::look(thread_team& team, const network& net, std::span<const std::uint32_t> blocks, std::uint32_t layer,
                                         const float* residual, std::int64_t rows) {
  hints_.clear();
  if (reach_ == 0 || rows > most_rows) return {};
  const std::int64_t width = net.width;
  learn(layer, residual, rows, width);

  const std::uint32_t last = std::min(layer + reach_, static_cast<std::uint32_t>(blocks.size()) - 1);
  std::size_t room = 0;
  for (std::uint32_t due = layer + 1; due <= last; ++due) room += static_cast<std::size_t>(rows) * early_gate::answers(*net.layers[blocks[due]].routed());
  experts_.resize(room);  // hints look into these, so they may not move below
  weights_.resize(room);
  std::size_t used = 0;
  for (std::uint32_t due = layer + 1; due <= last; ++due) {
    const auto& ahead = net.layers[blocks[due]];
    const std::size_t k = early_gate::answers(*ahead.routed());
    const std::vector<float>& mean = mean_of(layer, due - layer);
    float* const stream = stream_.of(rows * width);
    for (std::int64_t r = 0; r < rows; ++r)
      for (std::int64_t i = 0; i < width; ++i) stream[r * width + i] = residual[r * width + i] + mean[static_cast<std::size_t>(i)];
    const std::size_t count = static_cast<std::size_t>(rows) * k;
    gate_.ask(team, ahead, stream, rows, width, std::span(experts_).subspan(used, count), std::span(weights_).subspan(used, count));
    for (std::uint32_t r = 0; r < rows; ++r, used += k)
      hints_.push_back(
          {provenance::target_gate_ahead, static_cast<layer_index>(due), {r}, std::span(experts_).subspan(used, k), std::span(weights_).subspan(used, k), {}});
  }
  return hints_;
}

/// Takes in what has been added to the stream since the layers before were routed, and keeps this one's rows.
void gate_preview::learn(std::uint32_t layer, const float* residual, std::int64_t rows, std::int64_t width) {
  constexpr std::uint32_t longest_memory = 512;  // rows; from there on old ones fade
  const std::size_t places = kept_.size();
  if (layer == 0)
    for (kept_rows& k : kept_) k.rows = 0;
  for (std::uint32_t back = 1; back <= std::min(reach_, layer); ++back) {
    const kept_rows& before = kept_[(layer - back) % places];
    if (before.rows != rows) continue;
    std::vector<float>& mean = mean_of(layer - back, back);
    std::uint32_t& n = seen_[(layer - back) * reach_ + back - 1];
    for (std::int64_t r = 0; r < rows; ++r) {
      n = std::min(n + 1, longest_memory);
      const float share = 1.0F / static_cast<float>(n);
      for (std::int64_t i = 0; i < width; ++i) {
        float& m = mean[static_cast<std::size_t>(i)];
        m += (residual[r * width + i] - before.values[static_cast<std::size_t>(r * width + i)] - m) * share;
      }
    }
  }
  kept_rows& now = kept_[layer % places];
  now.values.assign(residual, residual + rows * width);
  now.rows = rows;
}

}  // namespace moesaic::decoder
