// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

#include <moesaic/concepts/scene.hpp>

namespace moesaic::speculation {

/// What the first rows of a coming window would still have to move: experts that the forecast names for them and that are absent.
///
/// Source: E_new of MoE-SpeQ (arXiv 2511.14102, 3.2), as a query by prefix.
/// Mechanism: an expert counts from the first row on that wants it; who is resident or on its way does not count.
/// Cost: `measure` O(layers + experts expected), a question O(1). 784 bytes, no allocation.
/// State and Ties: what was measured last. Threads: one at a time. No knobs.
class missing_by_prefix {
 public:
  template <class S>
  void measure(const scene<S>& now, std::uint32_t layers) noexcept {
    sizes_.fill({});
    counts_.fill(0);
    for (std::uint32_t l = 0; l < layers; ++l)
      for (const expert_index e : now.expectation.expected(static_cast<layer_index>(l))) {
        const expert_id id{static_cast<layer_index>(l), e, {}};
        if (!now.residency.absent(id)) continue;
        const std::uint32_t rows = now.expectation.first_row(id).count + 1;
        sizes_[rows] += now.residency.size_of(id);
        ++counts_[rows];
      }
    for (std::uint32_t rows = 1; rows < sizes_.size(); ++rows) {
      sizes_[rows] += sizes_[rows - 1];
      counts_[rows] += counts_[rows - 1];
    }
  }
  /// Of a window of so many rows; more than were foretold: as far as was foretold.
  [[nodiscard]] bytes size(std::uint32_t rows) const noexcept { return sizes_[std::min(rows, forecast::longest_window)]; }
  [[nodiscard]] std::uint32_t experts(std::uint32_t rows) const noexcept { return counts_[std::min(rows, forecast::longest_window)]; }

 private:
  std::array<bytes, forecast::longest_window + 1> sizes_{};
  std::array<std::uint32_t, forecast::longest_window + 1> counts_{};
};

}  // namespace moesaic::speculation
