// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <moesaic/concepts/transport.hpp>
#include <moesaic/core/error.hpp>
#include <moesaic/cuda/error.hpp>
#include <moesaic/cuda/lane_streams.hpp>
#include <moesaic/cuda/stream_api.hpp>

namespace moesaic::cuda {

/// Why a transfer was not begun, where no runtime was asked: as a completion's system error, below 0.
namespace refusal {
inline constexpr std::int32_t no_such_expert = -1, no_room = -2, small_room = -3, unknown_fence = -4, small_staging = -5;
}

/// The sentence behind a transfer's system error: a refusal, or a runtime's number.
template <stream_api Api>
[[nodiscard]] error failure_of(const Api& api, expert_id who, std::int32_t system_error) noexcept {
  if (system_error > 0)
    return explained(api, {system_error}, "expert (layer ", number(who.layer), ", expert ", number(who.expert), ") did not reach the device");
  error told(error_code::transfer_failed, "expert (layer ", number(who.layer), ", expert ", number(who.expert), ") was not sent to the device: ");
  switch (system_error) {
    case refusal::no_such_expert: return told.append("its source has no such expert; please compare the model's shape with what was added to the source");
    case refusal::no_room: return told.append("no device memory was given; please set the residency's memory to that of device_memory");
    case refusal::small_room: return told.append("its parts need more than its footprint; please charge at least what the source's room() says");
    case refusal::unknown_fence:
      return told.append("the fence it has to wait for was not recorded here; please release seats with fences of the transport's use_fences");
    case refusal::small_staging: return told.append("it is larger than the staging memory; please give at least the largest footprint as staging bytes");
    default: return told.append("the transport refused it");
  }
}

/// Copies in one direction share one engine of the device in the order in which they were given, whatever their streams' priority.
/// So a demand overtakes only what was not given yet, and waits for up to `ahead` chunks: 16 MiB take 0.7 ms at 25 GB/s.
struct lane_options {
  std::uint32_t capacity = 32;                ///< transfers open at once, at least 1
  bytes chunk = mebibytes(8);                 ///< of a prefetch
  std::uint32_t ahead = 2;                    ///< chunks of prefetches that were given and have not arrived, at least 1
  bytes own_copy = mebibytes(1);              ///< parts below this are given in batches
  link_cost prior{microseconds(10), {20e9}};  ///< taken until copies have been timed; the overhead stays
};

/// The latest transfers that were told as failed: who is asked about one later must not take it for one that arrived.
/// As many as can be open at once. Cost: O(capacity) a question; no allocation after creation.
class recent_failures {
 public:
  struct failed {
    ticket number{};
    expert_id expert{};
    completion how{};
  };
  explicit recent_failures(std::uint32_t capacity) : all_(capacity) {}
  void note(expert_id who, const completion& how) noexcept {
    if (how.status == transfer_status::arrived || all_.empty()) return;
    all_[next_++ % all_.size()] = {how.number, who, how};
  }
  /// Null: it is not among them.
  [[nodiscard]] const failed* find(ticket which) const noexcept {
    const auto found = std::find_if(all_.begin(), all_.end(), [=](const failed& f) { return which != ticket{} && f.number == which; });
    return found == all_.end() ? nullptr : &*found;
  }

 private:
  std::vector<failed> all_;
  std::size_t next_ = 0;
};

/// Where one transfer stands: which of its bytes a stream was given, and what is known about them.
/// Cost: 144 bytes; each call O(1).
template <class Part>
struct copy_entry {
  transfer what{};
  std::span<const Part> parts{};
  std::size_t part = 0;       ///< the next to give
  std::uint64_t inside = 0;   ///< bytes of that one which were given
  bytes given{};              ///< of all
  std::uint64_t place = 0;    ///< among all that were given to the end
  std::uint64_t chunk = 0;    ///< the last one that was given, counted over all prefetches
  std::uint32_t slot = 0;     ///< which pair of events
  std::int32_t code = 0;      ///< why it failed
  transfer_status status = transfer_status::arrived;
  lane on = lane::idle;
  bool begun = false;   ///< its stream waits for the room
  bool marked = false;  ///< no more of it will be given, and its end is marked
  bool over = false;    ///< nothing of it travels
  bool timed = false;   ///< the time between its two events is the time its bytes took

  /// Nothing of it was given, or what was will not be waited for.
  void fail(api_code why) noexcept {
    status = given.count > 0 ? transfer_status::read_error : transfer_status::refused;
    code = why.number;
    over = true;
  }
  [[nodiscard]] bool all_given() const noexcept { return part == parts.size(); }
  [[nodiscard]] bool writes_into(const transfer& other) const noexcept { return what.to < other.to + other.size.count && other.to < what.to + what.size.count; }
  /// The next bytes, at most `most`, as a copy. Empty parts give an empty piece.
  [[nodiscard]] copy_piece next_piece(bytes most) noexcept {
    const Part& p = parts[part];
    const bytes size = std::min(most, bytes{p.size.count - inside});
    const copy_piece piece{what.to + p.offset_in_slot + inside, p.from + inside, size};
    inside += size.count;
    if (inside == p.size.count) {
      ++part;
      inside = 0;
    }
    return piece;
  }
};

}  // namespace moesaic::cuda
