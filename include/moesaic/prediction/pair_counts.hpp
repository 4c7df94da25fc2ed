// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <moesaic/concepts/hears.hpp>
#include <moesaic/prediction/recent_layers.hpp>

namespace moesaic::prediction {

/// How often an expert of one layer was used together with an expert of an earlier one, for some distances between them.
///
/// Source: co-occurrence between layers as in EdgeMoE (arXiv 2308.14352), MoE-Infinity and ST-MoE; the fading is ours.
/// Mechanism: row(d, layer, a)[b] = events of `layer` that used b when a had been used d layers before (past the first layer:
/// the last ones of the step before); uses(d, layer, a) = how many such events a had. A row is halved after 32,768 uses
/// of its a, so that very old text fades (halving after 1,024 cost naive_bayes 5 points of recall: a row must not be younger
/// than the prior it is compared with). Events of several tokens count as one set; a set of more than half a layer teaches nothing.
/// Cost: O(experts of both events) per distance; 2 bytes × distances × layers × experts of a layer squared (48 × 128: 1.5 MB
/// each; 48 × 512: 25 MB). At most 256 MiB: distances that do not fit are left out, the farthest first.
/// State and Ties: the counts. Threads: one at a time. No knobs.
class pair_counts {
 public:
  static constexpr std::uint64_t most_memory = std::uint64_t{256} << 20U;
  static constexpr std::uint16_t most_uses = 32'768;

  pair_counts() = default;
  /// Distances from `nearest` on, at most `wanted` of them and none beyond the layers of the model. `nearest` at least 1.
  pair_counts(const inventory& all, std::uint32_t nearest, std::uint32_t wanted)
      : shape_(&all.shape),
        width_(all.shape.widest_layer()),
        nearest_(nearest),
        tables_(static_cast<std::uint32_t>(std::min<std::uint64_t>({wanted, all.shape.layers() + 1 - std::min(nearest, all.shape.layers() + 1),
                                                                    most_memory / (2 * std::uint64_t{all.shape.layers()} * width_ * width_)}))),
        counts_(std::size_t{tables_} * all.shape.layers() * width_ * width_),
        uses_(std::size_t{tables_} * all.shape.layers() * width_) {}

  /// The farthest distance that is counted; below the nearest: none is.
  [[nodiscard]] std::uint32_t farthest() const noexcept { return nearest_ + tables_ - 1; }

  /// After `before.begin(event)` and before `before.keep(event)`.
  void learn(const recent_layers& before, const layer_event& event) noexcept {
    if (!tells_pairs(*shape_, event.layer, event.wanted.size())) return;
    for (std::uint32_t d = nearest_; d <= farthest(); ++d) {
      const std::span<const std::uint16_t> set = before.experts(d);
      if (!tells_pairs(*shape_, static_cast<layer_index>(before.layer(d)), set.size())) continue;
      for (const std::uint16_t a : set) {
        std::uint16_t* const row = counts_.data() + index(d, event.layer, a) * width_;
        for (const demand& b : event.wanted) ++row[number(b.expert)];
        if (std::uint16_t& n = uses_[index(d, event.layer, a)]; ++n == most_uses) {
          n /= 2;
          for (std::uint32_t b = 0; b < width_; ++b) row[b] /= 2;
        }
      }
    }
  }
  [[nodiscard]] std::span<const std::uint16_t> row(std::uint32_t distance, layer_index layer, std::uint32_t a) const noexcept {
    return {counts_.data() + index(distance, layer, a) * width_, width_};
  }
  [[nodiscard]] std::uint16_t uses(std::uint32_t distance, layer_index layer, std::uint32_t a) const noexcept { return uses_[index(distance, layer, a)]; }
  /// Adds to each expert b the share of a's uses that used it too, in 2^-15. A sum stops at 2^30.
  void add_odds(std::uint32_t distance, layer_index layer, std::uint32_t a, std::span<std::int32_t> odds) const noexcept {
    const std::uint32_t n = uses(distance, layer, a);
    if (n == 0) return;
    const std::uint32_t factor = (1U << 30U) / n;  // a count is at most n
    const std::uint16_t* const counts = row(distance, layer, a).data();
    for (std::size_t b = 0; b < odds.size(); ++b) odds[b] = std::min(odds[b] + static_cast<std::int32_t>((counts[b] * factor) >> 15U), 1 << 30U);
  }

 private:
  [[nodiscard]] std::size_t index(std::uint32_t distance, layer_index layer, std::uint32_t a) const noexcept {
    return (std::size_t{distance - nearest_} * shape_->layers() + number(layer)) * width_ + a;
  }
  const model_shape* shape_ = nullptr;
  std::uint32_t width_ = 0;
  std::uint32_t nearest_ = 1;
  std::uint32_t tables_ = 0;
  std::vector<std::uint16_t> counts_;  ///< [distance][layer][a][b]
  std::vector<std::uint16_t> uses_;    ///< [distance][layer][a]
};

}  // namespace moesaic::prediction
