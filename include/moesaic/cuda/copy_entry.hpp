// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

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

struct lane_options {
  std::uint32_t capacity = 32;                ///< transfers open at once, at least 1
  bytes chunk = mebibytes(8);                 ///< of a prefetch: what a demand may have to wait for, times `ahead`
  std::uint32_t ahead = 16;                   ///< chunks of prefetches that were given and have not arrived, at least 1
  bytes own_copy = mebibytes(1);              ///< parts below this are given in batches
  link_cost prior{microseconds(10), {20e9}};  ///< taken until copies have been timed; the overhead stays
};

/// Where one transfer stands: which of its bytes a stream was given, and what is known about them.
/// Cost: 136 bytes; each call O(1).
template <class Part>
struct copy_entry {
  transfer what{};
  std::span<const Part> parts{};
  std::size_t part = 0;       ///< the next to give
  std::uint64_t inside = 0;   ///< bytes of that one which were given
  bytes given{};              ///< of all
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
