// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstdint>
#include <utility>

#include <moesaic/core/residence.hpp>
#include <moesaic/core/result.hpp>
#include <moesaic/cuda/error.hpp>
#include <moesaic/cuda/handles.hpp>
#include <moesaic/cuda/stream_api.hpp>

namespace moesaic::cuda {

/// The points in an engine's streams after which a seat is not used any more. The engine records one behind the last kernel
/// that reads a seat and gives it to `lease::release`; the transport's streams wait for it before they write the room again.
///
/// Fences ascend, and the residency keeps only the latest of several, so a later one must mean that the earlier are past: each
/// record makes its stream wait for the fence before. Within one stream that waits for nothing, so engines with one stream for
/// compute pay only the call. (Handles are not compared: one handle may be another stream in another thread.)
/// Keeps `kept` events: a fence older than those is waited for by the oldest kept one, which is later and so safe.
/// Cost: record is two runtime calls, past at most one. Nobody blocks. Threads: one at a time, with the transports that use it.
/// Outlives these, and stays where it is meanwhile.
template <stream_api Api>
class use_fences {
 public:
  [[nodiscard]] static result<use_fences> create(Api& api, std::uint32_t kept = 256) {
    auto events = owned_events<Api>::make(api, std::max(kept, std::uint32_t{1}));
    if (!events) return events.error();
    return use_fences(api, std::move(*events));
  }

  /// What `stream` has been given until now ends before this fence. Not inside a stream capture: record it behind the graph's launch.
  /// After an error the seat's use has no fence: wait for the stream, then release without one.
  result<fence> record(stream_handle stream) noexcept {
    if (last_ != 0)
      if (const api_code code = api_->wait(stream, event_of(last_)); !code.ok()) return explained(*api_, code, "asked a stream to follow the last fence");
    if (const api_code code = api_->record(event_of(last_ + 1), stream); !code.ok())
      return explained(*api_, code, "asked for a fence behind a seat's last use");
    ++last_;
    return fence{last_};
  }

  /// Whether it was recorded here. Fence 0 always was.
  [[nodiscard]] bool knows(fence f) const noexcept { return f.number <= last_; }
  /// Whether all before it is done. For one that `knows`.
  [[nodiscard]] bool past(fence f) noexcept {
    if (f.number <= past_) return true;
    const std::uint64_t asked = kept(f);
    if (!api_->query(event_of(asked)).ok()) return false;
    past_ = asked;
    return true;
  }
  /// What `stream` is given from now on waits for the fence. For one that `knows`.
  [[nodiscard]] api_code hold(stream_handle stream, fence f) noexcept {
    if (f.number <= past_) return {};
    return api_->wait(stream, event_of(kept(f)));
  }

 private:
  use_fences(Api& api, owned_events<Api>&& events) noexcept : api_(&api), events_(std::move(events)) {}
  [[nodiscard]] event_handle event_of(std::uint64_t number) const noexcept { return events_[number % events_.count()]; }
  [[nodiscard]] std::uint64_t kept(fence f) const noexcept { return std::max(f.number, last_ < events_.count() ? 1 : last_ - events_.count() + 1); }

  Api* api_;
  owned_events<Api> events_;
  std::uint64_t last_ = 0;
  std::uint64_t past_ = 0;
};

}  // namespace moesaic::cuda
