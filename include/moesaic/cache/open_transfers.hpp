// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include <moesaic/core/residence.hpp>
#include <moesaic/core/utility.hpp>

namespace moesaic {

/// A transfer that has been submitted and not completed.
struct open_transfer {
  static constexpr std::uint32_t nobody = ~std::uint32_t{};

  ticket number{};
  std::uint32_t flat = 0;
  cause why = cause::demand;
  residence to = residence::slot;
  std::uint32_t frame = 0;          ///< where `to` is a frame
  std::uint32_t lease = nobody;     ///< whose entry waits for it
  std::uint32_t entry = 0;
  utility worth{};                  ///< of a prefetch, for its scheduler
};

/// All open transfers, at most the transport's capacity. Cost: O(open) to find one; no allocation after construction.
class open_transfers {
 public:
  open_transfers() = default;
  explicit open_transfers(std::uint32_t capacity) : open_(capacity) {}

  [[nodiscard]] bool full() const noexcept { return count_ == open_.size(); }
  [[nodiscard]] bool empty() const noexcept { return count_ == 0; }
  [[nodiscard]] std::uint32_t count() const noexcept { return count_; }
  [[nodiscard]] std::uint32_t prefetches() const noexcept { return prefetches_; }
  [[nodiscard]] std::span<open_transfer> all() noexcept { return {open_.data(), count_}; }

  void add(const open_transfer& t) noexcept {
    open_transfer& place = open_[count_++];
    place.number = t.number;  // member by member: what has just been written in pieces is slow to read as one
    place.flat = t.flat;
    place.why = t.why;
    place.to = t.to;
    place.frame = t.frame;
    place.lease = t.lease;
    place.entry = t.entry;
    place.worth = t.worth;
    prefetches_ += t.why == cause::prefetch;
  }
  [[nodiscard]] open_transfer* find(ticket number) noexcept {
    for (open_transfer& t : all())
      if (t.number == number) return &t;
    return nullptr;
  }
  [[nodiscard]] open_transfer* find_slot(std::uint32_t flat) noexcept {
    for (open_transfer& t : all())
      if (t.flat == flat && t.to == residence::slot) return &t;
    return nullptr;
  }
  /// Takes one out by its number; nullopt for a number that is not open.
  [[nodiscard]] std::optional<open_transfer> close(ticket number) noexcept {
    open_transfer* t = find(number);
    if (t == nullptr) return std::nullopt;
    const open_transfer closed = *t;
    *t = open_[--count_];
    prefetches_ -= closed.why == cause::prefetch;
    return closed;
  }

 private:
  std::vector<open_transfer> open_;
  std::uint32_t count_ = 0;
  std::uint32_t prefetches_ = 0;
};

}  // namespace moesaic
