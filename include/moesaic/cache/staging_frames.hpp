// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include <moesaic/core/quantity.hpp>
#include <moesaic/core/residence.hpp>

namespace moesaic {

/// The staging frames: equal pieces at the slab's front, one expert each, for misses that are not kept. Residents and
/// prefetches never use them, so an event larger than the budget always has something to stream through.
/// Cost: O(1), 12 bytes per frame. The frame given back last is taken first.
class staging_frames {
 public:
  staging_frames() = default;
  staging_frames(std::uint32_t count, bytes each) : last_use_(count), each_(each) {
    free_.reserve(count);
    for (std::uint32_t i = count; i-- > 0;) free_.push_back(i);
  }

  [[nodiscard]] bool available() const noexcept { return !free_.empty(); }
  /// Only while one is available.
  [[nodiscard]] std::uint32_t take() noexcept {
    const std::uint32_t frame = free_.back();
    free_.pop_back();
    return frame;
  }
  void give_back(std::uint32_t frame, fence last_use) noexcept {
    last_use_[frame] = std::max(last_use_[frame], last_use);  // a transfer that was refused has not waited for the last one
    free_.push_back(frame);
  }
  [[nodiscard]] fence last_use(std::uint32_t frame) const noexcept { return last_use_[frame]; }

  [[nodiscard]] bytes each() const noexcept { return each_; }
  [[nodiscard]] std::uint64_t offset(std::uint32_t frame) const noexcept { return each_.count * frame; }
  [[nodiscard]] bytes all() const noexcept { return each_ * last_use_.size(); }
  [[nodiscard]] bytes occupied() const noexcept { return each_ * (last_use_.size() - free_.size()); }

 private:
  std::vector<std::uint32_t> free_;
  std::vector<fence> last_use_;
  bytes each_{};
};

}  // namespace moesaic
