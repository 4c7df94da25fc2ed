// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <moesaic/core/event.hpp>

namespace moesaic::decoder {

/// Recall of gates that were asked early: of the experts that a row is routed to, how many were among as many first ones of the
/// hint for it, by how many layers ahead the hint was.
class preview_tally {
 public:
  struct found {
    std::uint64_t named = 0;   ///< experts that were used and had been named
    std::uint64_t wanted = 0;  ///< experts that were used
  };

  void told(layer_index from, std::span<const hint> hints) {
    for (const hint& h : hints) said_.push_back({number(h.layer), number(h.layer) - number(from), h.at.count, {h.experts.begin(), h.experts.end()}});
  }
  void came(layer_index layer, std::span<const expert_index> routes, std::size_t rows) {
    if (number(layer) == 0) said_.clear();  // a new window
    if (said_.empty() || rows == 0) return;
    const std::size_t k = routes.size() / rows;
    for (const said& s : said_) {
      if (s.layer != number(layer) || s.row >= rows) continue;
      if (by_distance_.size() < s.ahead) by_distance_.resize(s.ahead);
      const std::span<const expert_index> truth = routes.subspan(s.row * k, k);
      for (std::size_t i = 0; i < std::min(k, s.experts.size()); ++i)
        by_distance_[s.ahead - 1].named += std::find(truth.begin(), truth.end(), s.experts[i]) != truth.end() ? 1 : 0;
      by_distance_[s.ahead - 1].wanted += k;
    }
    std::erase_if(said_, [&](const said& s) { return s.layer == number(layer); });
  }
  /// [layers ahead - 1]
  [[nodiscard]] std::span<const found> by_distance() const noexcept { return by_distance_; }

 private:
  struct said {
    std::uint32_t layer, ahead, row;
    std::vector<expert_index> experts;
  };
  std::vector<said> said_;
  std::vector<found> by_distance_;
};

}  // namespace moesaic::decoder
