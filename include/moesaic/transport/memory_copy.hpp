// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <utility>
#include <vector>

#include <moesaic/core/expert_space.hpp>
#include <moesaic/transport/hand_held.hpp>

namespace moesaic::transports {

/// One part of an expert in slow memory, and where it goes in a room.
struct memory_part {
  const std::byte* from = nullptr;
  bytes size{};
  std::uint64_t offset_in_slot = 0;
};

/// The experts that lie in slow memory, by id. The bytes belong to somebody else and have to outlive the transport.
class memory_source {
 public:
  explicit memory_source(expert_space space) : space_(space), experts_(space.size()) {}

  /// Adds a part to an expert of the space. Before the transport is made.
  void add(expert_id e, memory_part part) {
    expert& own = experts_[space_.flat(e)];
    own.parts.push_back(part);
    own.room = std::max(own.room, part.offset_in_slot + part.size.count);
  }
  /// Empty: there is no such expert.
  [[nodiscard]] std::span<const memory_part> parts(expert_id e) const noexcept {
    const std::uint32_t flat = space_.flat(e);
    if (flat >= space_.size() || space_.id(flat) != e) return {};
    return experts_[flat].parts;
  }
  /// What its room has to hold.
  [[nodiscard]] bytes room(expert_id e) const noexcept { return parts(e).empty() ? bytes{} : bytes{experts_[space_.flat(e)].room}; }

 private:
  struct expert {
    std::vector<memory_part> parts;
    std::uint64_t room = 0;
  };
  expert_space space_;
  std::vector<expert> experts_;
};

struct memory_copy_options {
  std::uint32_t capacity = 32;               ///< transfers open at once, at least 1
  link_cost prior{nanoseconds{200}, {8e9}};  ///< taken until copies have been timed
};

/// Copies experts from slow memory (a loaded model, a remote node's memory) into rooms, on the caller's thread: one expert for
/// each poll or wait, demand before prefetch, else the earlier submission. So a submission costs nothing, what was not copied
/// yet can be cancelled, and a poll takes as long as one copy. By the real clock; the cost is learnt from the copies.
/// An expert that the source does not have, or a room that is missing or too small, is refused.
/// Cost: O(open transfers) a call beside the copy, no allocation after construction.
class memory_copy {
 public:
  explicit memory_copy(memory_source source, const memory_copy_options& options = {})
      : source_(std::move(source)), capacity_(std::max(options.capacity, std::uint32_t{1})), cost_(options.prior) {
    waiting_.reserve(capacity_);
  }

  [[nodiscard]] std::uint32_t capacity() const noexcept { return capacity_; }
  void submit(const transfer& what) noexcept { waiting_.push_back(what); }
  std::uint32_t poll(std::span<completion> out) noexcept {
    if (waiting_.empty() || out.empty()) return 0;
    auto next = std::find_if(waiting_.begin(), waiting_.end(), [](const transfer& t) { return t.why == cause::demand; });
    if (next == waiting_.end()) next = waiting_.begin();
    const transfer what = *next;
    waiting_.erase(next);
    out[0] = copied(what);
    return 1;
  }
  std::uint32_t wait(std::span<completion> out) noexcept { return poll(out); }
  bool cancel(ticket which) noexcept {
    return std::erase_if(waiting_, [=](const transfer& t) { return t.number == which; }) > 0;
  }
  [[nodiscard]] link_cost cost() const noexcept { return cost_; }
  nanoseconds now() noexcept {
    const auto since = std::chrono::steady_clock::now().time_since_epoch();
    return {std::chrono::duration_cast<std::chrono::nanoseconds>(since).count()};
  }

 private:
  completion copied(const transfer& what) noexcept {
    const auto parts = source_.parts(what.expert);
    if (parts.empty() || what.to == nullptr || source_.room(what.expert) > what.size) return {what.number, transfer_status::refused, {}, 0};
    const nanoseconds begin = now();
    bytes moved{};
    for (const memory_part& p : parts) {
      if (p.size.count > 0) std::memcpy(what.to + p.offset_in_slot, p.from, p.size.count);
      moved += p.size;
    }
    learn(moved, now() - begin);
    return {what.number, transfer_status::arrived, moved, 0};
  }
  /// An eighth of the way to what this copy gave; copies too short for the clock teach nothing.
  void learn(bytes moved, nanoseconds took) noexcept {
    if (moved.count < 65'536 || took <= cost_.overhead) return;
    const double seen = static_cast<double>(moved.count) * 1e9 / static_cast<double>((took - cost_.overhead).count);
    cost_.rate.count += (seen - cost_.rate.count) / 8;
  }

  memory_source source_;
  std::vector<transfer> waiting_;
  std::uint32_t capacity_;
  link_cost cost_;
};

static_assert(transport<memory_copy>, "memory_copy no longer models transport");

}  // namespace moesaic::transports
