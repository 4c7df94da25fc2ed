// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <utility>

#include <moesaic/core/result.hpp>
#include <moesaic/cuda/error.hpp>
#include <moesaic/cuda/handles.hpp>
#include <moesaic/cuda/stream_api.hpp>

namespace moesaic::cuda {

/// Which of a transport's streams a copy travels on.
enum class lane : std::uint8_t {
  urgent,  ///< demanded, and the room is free
  held,    ///< demanded, and the room's last use is not past: apart, so that nobody waits behind somebody else's kernel
  idle,    ///< brought ahead
};

/// The streams and marks of a transport to the device, and what is known about whether it can still be talked to.
/// A device is lost when the runtime says so, and when it refuses eight times in a row to say what has become of a copy: then
/// nothing is given any more, because a room could be written behind its owner's back.
/// Cost: each call is one of the runtime's; a mark that is refused waits for its stream instead.
template <stream_api Api>
class lane_streams {
 public:
  static constexpr std::uint32_t patience = 8;

  /// Two marks for each of `transfers`, one for each of `chunks`.
  [[nodiscard]] static result<lane_streams> create(Api& api, std::uint32_t transfers, std::uint32_t chunks) {
    auto urgent = owned_stream<Api>::make(api, stream_priority::urgent);
    if (!urgent) return urgent.error();
    auto held = owned_stream<Api>::make(api, stream_priority::urgent);
    if (!held) return held.error();
    auto idle = owned_stream<Api>::make(api, stream_priority::idle);
    if (!idle) return idle.error();
    auto marks = owned_events<Api>::make(api, 2 * transfers + chunks);
    if (!marks) return marks.error();
    return result<lane_streams>(lane_streams(api, transfers, chunks, std::move(*marks), {std::move(*urgent), std::move(*held), std::move(*idle)}));
  }
  lane_streams(lane_streams&&) noexcept = default;
  /// Its own copies end as in its destructor before it takes the other's: nothing of them travels then.
  lane_streams& operator=(lane_streams&& other) noexcept {
    if (this != &other) {
      std::destroy_at(this);
      std::construct_at(this, std::move(other));
    }
    return *this;
  }

  [[nodiscard]] Api& api() const noexcept { return *api_; }
  [[nodiscard]] stream_handle stream(lane which) const noexcept { return streams_[static_cast<std::uint8_t>(which)].get(); }
  [[nodiscard]] event_handle begin(std::uint32_t transfer) const noexcept { return marks_[std::uint64_t{2} * transfer]; }
  [[nodiscard]] event_handle end(std::uint32_t transfer) const noexcept { return marks_[std::uint64_t{2} * transfer + 1]; }
  [[nodiscard]] event_handle chunk(std::uint64_t number) const noexcept { return marks_[std::uint64_t{2} * transfers_ + number % chunks_]; }
  [[nodiscard]] std::uint32_t transfers() const noexcept { return transfers_; }
  [[nodiscard]] std::uint32_t chunks() const noexcept { return chunks_; }

  /// The runtime's number for the loss; 0: not lost.
  [[nodiscard]] std::int32_t lost() const noexcept { return lost_; }
  void lose(api_code code) noexcept {
    if (lost_ == 0) lost_ = code.number;
  }
  [[nodiscard]] bool reached(event_handle mark) noexcept {
    const api_code code = api_->query(mark);
    const fault what = api_->meaning(code);
    if (what != fault::not_ready && what != fault::capturing) believe(code);
    return code.ok();
  }
  /// Blocks until the mark is reached, or there is doubt about it.
  void block(event_handle mark) noexcept { believe(api_->finish(mark)); }
  /// Sets a mark behind what a stream was given. True: it has been reached, because the stream had to be waited for.
  [[nodiscard]] bool set(event_handle mark, lane which) noexcept {
    if (api_->record(mark, stream(which)).ok()) return false;
    const api_code code = streams_[static_cast<std::uint8_t>(which)].settle();
    if (!code.ok()) lose(code);
    return code.ok();
  }

 private:
  lane_streams(Api& api, std::uint32_t transfers, std::uint32_t chunks, owned_events<Api>&& marks, std::array<owned_stream<Api>, 3>&& streams) noexcept
      : api_(&api), transfers_(transfers), chunks_(chunks), marks_(std::move(marks)), streams_(std::move(streams)) {}
  void believe(api_code code) noexcept {
    if (code.ok())
      doubts_ = 0;
    else if (api_->meaning(code) == fault::device_lost || ++doubts_ >= patience)
      lose(code);
  }

  Api* api_;
  std::uint32_t transfers_;
  std::uint32_t chunks_;
  std::uint32_t doubts_ = 0;
  std::int32_t lost_ = 0;
  owned_events<Api> marks_;
  std::array<owned_stream<Api>, 3> streams_;  // end first: what they were given uses the marks
};

}  // namespace moesaic::cuda
