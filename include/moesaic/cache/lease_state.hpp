// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include <moesaic/concepts/transport.hpp>
#include <moesaic/core/event.hpp>
#include <moesaic/core/residence.hpp>

namespace moesaic {

/// One expert of a leased event on its way from `acquire` to release.
struct lease_entry {
  enum class stage : std::uint8_t {
    planned,     ///< got room in `acquire`; nothing submitted yet
    blocked,     ///< its room still serves a hit of the same event, which has to be released first
    for_slot,    ///< waits for the link
    for_frame,   ///< waits for the link and a frame
    arriving,
    ready,
    failed,
    handed_out,
    handed_ahead,  ///< handed out while it travels
    released,
  };
  expert_id who{};
  std::uint32_t flat = 0;      ///< the same as an index
  stage at = stage::ready;
  residence where = residence::slot;
  transfer_status status = transfer_status::arrived;
  std::uint32_t frame = 0;     ///< where `where` is a frame
  std::uint32_t blockers = 0;  ///< hits of the same event that still use its room
  std::int32_t system_error = 0;
  ticket arrives{};
};

/// Numbers of entries, first in first out. An entry enters each queue at most once, so it never outgrows a layer and
/// never wraps.
class entry_queue {
 public:
  explicit entry_queue(std::uint32_t most = 0) : items_(most) {}
  [[nodiscard]] bool empty() const noexcept { return next_ == end_; }
  [[nodiscard]] std::uint32_t size() const noexcept { return end_ - next_; }
  void push(std::uint32_t entry) noexcept { items_[end_++] = entry; }
  /// For who pushes many: write them here, in order, then say how many.
  [[nodiscard]] std::span<std::uint32_t> room() noexcept { return std::span(items_).subspan(end_); }
  void pushed(std::uint32_t many) noexcept { end_ += many; }
  [[nodiscard]] std::uint32_t front() const noexcept { return items_[next_]; }
  std::uint32_t pop() noexcept { return items_[next_++]; }
  void clear() noexcept { next_ = end_ = 0; }

 private:
  std::vector<std::uint32_t> items_;
  std::uint32_t next_ = 0;
  std::uint32_t end_ = 0;
};

/// A live lease: its event, its entries in ascending id, and what is to be done with them next.
struct lease_state {
  lease_state() = default;
  explicit lease_state(std::uint32_t widest)
      : frames_ready(widest), slots_ready(widest), on_host(widest), for_slots(widest), for_frames(widest), failed(widest), ahead(widest), room_(widest) {}
  /// The entries are not cleared: whoever decides about one writes what it needs.
  void begin(const layer_event& event, std::uint64_t number) noexcept {
    live = true;
    serial = number;
    step = event.step;
    layer = event.layer;
    entries = std::span(room_).first(event.wanted.size());
    frames_ready.clear();  // one by one: a loop over their addresses is not unrolled
    slots_ready.clear();
    on_host.clear();
    for_slots.clear();
    for_frames.clear();
    failed.clear();
    ahead.clear();
    travelling = handed = released = reported = leaving = 0;
  }
  [[nodiscard]] bool all_handed_out() const noexcept { return handed + reported == entries.size(); }
  /// Arrived frames first (until released they keep the next expert waiting), then residents, then host; null: nothing yet.
  [[nodiscard]] entry_queue* ready() noexcept {
    if (!frames_ready.empty()) return &frames_ready;
    if (!slots_ready.empty()) return &slots_ready;
    return on_host.empty() ? nullptr : &on_host;
  }

  bool live = false;
  std::uint64_t serial = 0;  ///< older leases have smaller ones
  step_index step{};
  layer_index layer{};
  std::span<lease_entry> entries;
  entry_queue frames_ready;
  entry_queue slots_ready;
  entry_queue on_host;
  entry_queue for_slots;   ///< own room, wait for the link
  entry_queue for_frames;  ///< wait for a frame and the link
  entry_queue failed;
  entry_queue ahead;       ///< submitted, in that order: what `next_ahead` may hand out early
  std::uint32_t travelling = 0;  ///< entries whose transfer is open
  std::uint32_t handed = 0;      ///< have been handed out
  std::uint32_t reported = 0;    ///< have been reported as failed (minus those that were handed out before)
  std::uint32_t leaving = 0;     ///< hits that make room for an heir when they are released
  std::uint32_t released = 0;    ///< have been handed out and released

 private:
  std::vector<lease_entry> room_;
};

}  // namespace moesaic
