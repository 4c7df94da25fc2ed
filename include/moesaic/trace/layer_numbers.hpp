// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace moesaic::trace {

/// The blocks of a model that have experts, counted from 0 without gaps: dense blocks in between are nobody's layer here.
/// Ascending block is ascending layer. Cost: a search in a short array for each question.
class layer_numbers {
 public:
  static constexpr std::uint32_t most = 65'536;
  void add(std::uint32_t block) {
    const auto at = std::lower_bound(blocks_.begin(), blocks_.end(), block);
    if (at == blocks_.end() || *at != block) blocks_.insert(at, block);
  }
  [[nodiscard]] std::optional<std::uint32_t> index(std::uint32_t block) const noexcept {
    const auto at = std::lower_bound(blocks_.begin(), blocks_.end(), block);
    if (at == blocks_.end() || *at != block) return std::nullopt;
    return static_cast<std::uint32_t>(at - blocks_.begin());
  }
  [[nodiscard]] std::uint32_t count() const noexcept { return static_cast<std::uint32_t>(blocks_.size()); }
  [[nodiscard]] std::span<const std::uint32_t> blocks() const noexcept { return blocks_; }

 private:
  std::vector<std::uint32_t> blocks_;
};

}  // namespace moesaic::trace
