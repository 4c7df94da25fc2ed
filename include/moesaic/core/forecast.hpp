// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <span>
#include <vector>

#include <moesaic/core/event.hpp>
#include <moesaic/core/expert_space.hpp>
#include <moesaic/core/utility.hpp>

namespace moesaic {

/// Who is expected in the *next* event of each layer: from which row of the coming window on, by how many rows, how surely.
/// A predictor owns it and overwrites a layer when that layer has been observed, so "layers before the current one" always
/// speak of the next step. A window has at most 64 rows.
/// Cost: 24 bytes per expert; `expect` O(1); a layer's queries O(experts expected there). No allocation after construction.
/// Source: MoE-SpeQ's Expert Lookahead Buffer (arXiv 2511.14102, 3.3.1) with whole top-k lists; the row mask is ours.
class forecast {
 public:
  static constexpr std::uint32_t longest_window = 64;

  forecast() = default;
  explicit forecast(expert_space space, std::uint32_t layers, std::uint32_t experts)
      : space_(space), entries_(space.size()), expected_(std::size_t{layers} * experts), counts_(layers), width_(experts) {}

  /// Row `at` of the window is expected to use the expert; rows behind the 64th count as the 64th. `confidence` is kept as
  /// the largest said so far. The layer and the expert have to exist.
  void expect(layer_index layer, expert_index expert, draft_length at, utility confidence) noexcept {
    entry& e = entries_[space_.flat(layer, expert)];
    if (e.rows == 0) {
      expected_[std::size_t{number(layer)} * width_ + counts_[number(layer)]++] = expert;
      e.confidence = confidence;
    }
    e.rows |= std::uint64_t{1} << std::min(at.count, longest_window - 1);
    if (confidence > e.confidence) e.confidence = confidence;
  }
  void forget(layer_index layer) noexcept {
    for (const expert_index e : expected(layer)) entries_[space_.flat(layer, e)] = {};
    if (number(layer) < counts_.size()) counts_[number(layer)] = 0;
  }
  void forget_all() noexcept {
    for (std::uint32_t l = 0; l < counts_.size(); ++l) forget(static_cast<layer_index>(l));
  }
  /// Drops what only rows at or after `kept` wanted: a draft was cut.
  void keep_rows(draft_length kept) noexcept {
    for (std::uint32_t l = 0; l < counts_.size(); ++l) {
      std::uint16_t left = 0;
      for (const expert_index e : expected(static_cast<layer_index>(l))) {
        entry& stays = entries_[space_.flat(static_cast<layer_index>(l), e)];
        stays.rows &= below(kept);
        if (stays.rows == 0)
          stays = {};
        else
          expected_[std::size_t{l} * width_ + left++] = e;
      }
      counts_[l] = left;
    }
  }

  /// The experts expected in a layer, in the order they were first named.
  [[nodiscard]] std::span<const expert_index> expected(layer_index layer) const noexcept {
    if (number(layer) >= counts_.size()) return {};
    return {expected_.data() + std::size_t{number(layer)} * width_, counts_[number(layer)]};
  }
  [[nodiscard]] bool expects(expert_id e) const noexcept { return rows(e) != 0; }
  /// First row that wants the expert; meaningless unless it is expected.
  [[nodiscard]] draft_length first_row(expert_id e) const noexcept { return {static_cast<std::uint32_t>(std::countr_zero(rows(e)))}; }
  /// How many of the first `prefix` rows want the expert.
  [[nodiscard]] std::uint32_t row_count(expert_id e, draft_length prefix = {longest_window}) const noexcept {
    return static_cast<std::uint32_t>(std::popcount(rows(e) & below(prefix)));
  }
  [[nodiscard]] utility confidence(expert_id e) const noexcept { return entries_.empty() ? utility{} : entries_[space_.flat(e)].confidence; }
  /// Distinct experts of a layer that the first `prefix` rows want: what verifying them needs there.
  [[nodiscard]] std::uint32_t distinct(layer_index layer, draft_length prefix) const noexcept {
    std::uint32_t n = 0;
    for (const expert_index e : expected(layer)) n += (entries_[space_.flat(layer, e)].rows & below(prefix)) != 0;
    return n;
  }
  /// The `out.size()` experts of a layer wanted by most rows, best first; ties: the more confident, then the lower id.
  /// Returns the filled part. O(expected × out.size()).
  std::span<expert_index> top(layer_index layer, std::span<expert_index> out) const noexcept;

  /// How many experts of its layer go before an expected one in that order: it is among the `top` m if that is below m. O(expected).
  [[nodiscard]] std::uint32_t place(expert_id e) const noexcept {
    std::uint32_t before = 0;
    for (const expert_index other : expected(e.layer)) before += better(e.layer, other, e.expert) ? 1U : 0U;
    return before;
  }

  /// How many layer events lie between the one that runs now (or ran last) and the one this forecast is about: 1 is "the
  /// next layer", `layers` is "this layer again, one step later". The deadline of a prefetch, in layers.
  [[nodiscard]] std::uint32_t layers_until(layer_index now, layer_index due) const noexcept {
    const auto layers = static_cast<std::uint32_t>(counts_.size());
    return number(due) > number(now) ? number(due) - number(now) : layers - number(now) + number(due);
  }

 private:
  struct entry {
    std::uint64_t rows = 0;
    utility confidence{};
  };
  [[nodiscard]] static constexpr std::uint64_t below(draft_length rows) noexcept {
    return rows.count >= longest_window ? ~std::uint64_t{} : (std::uint64_t{1} << rows.count) - 1;
  }
  [[nodiscard]] std::uint64_t rows(expert_id e) const noexcept { return entries_.empty() ? 0 : entries_[space_.flat(e)].rows; }
  [[nodiscard]] bool better(layer_index layer, expert_index a, expert_index b) const noexcept {
    const entry& x = entries_[space_.flat(layer, a)];
    const entry& y = entries_[space_.flat(layer, b)];
    if (std::popcount(x.rows) != std::popcount(y.rows)) return std::popcount(x.rows) > std::popcount(y.rows);
    if (x.confidence != y.confidence) return x.confidence > y.confidence;
    return a < b;
  }
  expert_space space_;
  std::vector<entry> entries_;
  std::vector<expert_index> expected_;
  std::vector<std::uint16_t> counts_;
  std::uint32_t width_ = 0;
};

inline std::span<expert_index> forecast::top(layer_index layer, std::span<expert_index> out) const noexcept {
  std::size_t filled = 0;
  for (const expert_index e : expected(layer)) {
    std::size_t at = filled < out.size() ? filled++ : out.size();
    if (at == out.size()) {
      if (out.empty() || !better(layer, e, out.back())) continue;
      --at;
    }
    for (; at > 0 && better(layer, e, out[at - 1]); --at) out[at] = out[at - 1];
    out[at] = e;
  }
  return out.first(filled);
}

}  // namespace moesaic
