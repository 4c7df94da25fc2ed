// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "product.hpp"
#include "rope.hpp"
#include "thread_team.hpp"

namespace moesaic::decoder {

/// The window that is being computed: `rows` tokens, the first at position `first`.
struct window_place {
  std::uint32_t first = 0;
  std::int64_t rows = 0;
};

/// Float memory that grows to what was once asked for and is used again by the next layer.
class scratch {
 public:
  [[nodiscard]] float* of(std::int64_t count) {
    if (memory_.size() < static_cast<std::size_t>(count)) memory_.resize(static_cast<std::size_t>(count));
    return memory_.data();
  }

 private:
  std::vector<float> memory_;
};

/// What the parts of a layer compute with: threads and memory that all layers share. Every part leaves it free for the next.
struct workbench {
  explicit workbench(unsigned threads) : team(threads), of_member(threads == 0 ? 1 : threads) {}

  thread_team team;
  activations input;  ///< the normed rows that products start from
  activations inner;  ///< what lies between two products of a part
  scratch queries, keys, values, mixed, hidden;
  /// One for each thread of the team, for attention scores.
  struct member_scratch {
    scratch scores;
    std::vector<std::byte> converted;
  };
  std::vector<member_scratch> of_member;
};

}  // namespace moesaic::decoder
