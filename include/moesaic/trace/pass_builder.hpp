// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include <moesaic/trace/routing_rows.hpp>

namespace moesaic::trace {

/// Puts the routing of one forward pass together from single choices, in whatever order an engine wrote them: a prompt
/// usually layer by layer, a decoded token through all layers. Text formats have that in common.
///
/// Tokens are numbered by what the trace calls them (a position, a row) and keep that order. What is not filled stays
/// not_routed. A pass of more than `most_ids` ids is refused: it has to be held in memory as a whole.
class pass_builder {
 public:
  static constexpr std::size_t most_ids = std::size_t{1} << 26U;

  explicit pass_builder(const dimensions& shape, bool weights, bool recorded) : shape_(shape), weights_(weights), recorded_(recorded) {}

  [[nodiscard]] bool empty() const noexcept { return names_.empty(); }
  [[nodiscard]] std::size_t tokens() const noexcept { return names_.size(); }
  [[nodiscard]] std::int64_t first_name() const noexcept { return names_.front(); }
  [[nodiscard]] std::int64_t last_name() const noexcept { return names_.back(); }
  [[nodiscard]] bool has(std::int64_t name) const noexcept { return std::binary_search(names_.begin(), names_.end(), name); }

  void clear() noexcept {
    names_.clear();
    ids_.clear();
    masses_.clear();
    marks_.clear();
  }

  /// Adds one choice: in `slot` of the token's row in `layer`. Answers what is wrong with it in words, or nothing.
  [[nodiscard]] std::optional<std::string_view> add(std::int64_t name, std::uint32_t layer, std::uint32_t slot, std::uint16_t expert, gate_mass weight = {},
                                                    std::uint8_t mark = recorded_nothing) {
    if (names_.empty() || name > names_.back()) {
      if ((names_.size() + 1) * shape_.row() > most_ids) return "makes a pass of more than 67108864 ids, more than this reader holds";
      names_.push_back(name);
      ids_.resize(names_.size() * shape_.row(), not_routed);
      if (weights_) masses_.resize(ids_.size());
      if (recorded_) marks_.resize(ids_.size(), recorded_nothing);
      at_ = names_.size() - 1;
    } else if (at_ >= names_.size() || names_[at_] != name) {
      const auto found = std::lower_bound(names_.begin(), names_.end(), name);
      if (*found != name) return "names a token that the pass left out in an earlier layer";
      at_ = static_cast<std::size_t>(found - names_.begin());
    }
    const std::size_t cell = at_ * shape_.row() + std::size_t{layer} * shape_.top_k;
    for (std::size_t i = cell; i < cell + shape_.top_k; ++i)
      if (ids_[i] == expert) return "names an expert that the token has in this layer already";
    if (ids_[cell + slot] != not_routed) return "fills a place that is taken already";
    ids_[cell + slot] = expert;
    if (weights_) masses_[cell + slot] = weight;
    if (recorded_) marks_[cell + slot] = mark;
    return std::nullopt;
  }

  /// Choices that token `token` (by order) has in `layer`: filled places from the front.
  [[nodiscard]] std::uint32_t filled(std::size_t token, std::uint32_t layer) const noexcept {
    const auto cell = ids_.begin() + static_cast<std::ptrdiff_t>(token * shape_.row() + std::size_t{layer} * shape_.top_k);
    return static_cast<std::uint32_t>(std::find(cell, cell + shape_.top_k, not_routed) - cell);
  }
  /// The same for the token of that name; 0 where there is none.
  [[nodiscard]] std::uint32_t filled_of(std::int64_t name, std::uint32_t layer) const noexcept {
    const auto found = std::lower_bound(names_.begin(), names_.end(), name);
    return found == names_.end() || *found != name ? 0 : filled(static_cast<std::size_t>(found - names_.begin()), layer);
  }

  /// What has been added, as rows. Valid until the next `add` or `clear`.
  [[nodiscard]] routing_rows rows(std::uint32_t sequence, std::uint64_t first_token, bool prompt, std::uint32_t batch) const noexcept {
    const auto count = static_cast<std::uint32_t>(names_.size());
    return {sequence, first_token, prompt ? count : 0, count, ids_, masses_, batch, marks_};
  }

 private:
  dimensions shape_;
  bool weights_, recorded_;
  std::vector<std::int64_t> names_;  ///< ascending
  std::vector<std::uint16_t> ids_;
  std::vector<gate_mass> masses_;
  std::vector<std::uint8_t> marks_;
  std::size_t at_ = 0;  ///< token of the last choice; the next one is usually of the same
};

}  // namespace moesaic::trace
