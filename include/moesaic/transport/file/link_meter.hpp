// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstdint>

#include <moesaic/concepts/transport.hpp>

namespace moesaic::file {

/// Learns what a link really gives, from when transfers were submitted and when somebody who waited got them. Completions
/// that were merely found lying there say nothing about time (the engine may have looked late), so only a wait that
/// blocked is measured: until then the link was busy without a break.
/// The rate is bytes over time with the older half forgotten every 64 MiB; the overhead stays what it was at the start.
/// Reads no clock: times come with the calls. Cost: O(1).
class link_meter {
 public:
  explicit link_meter(link_cost start) noexcept : overhead_(start.overhead) {
    if (!(start.rate.count > 0)) start.rate = {1e9};
    moved_ = window / 8;
    seconds_ = moved_ / start.rate.count;
  }

  void submitted(nanoseconds now) noexcept {
    if (open_++ > 0) return;
    since_ = now;
    from_idle_ = true;
    unmeasured_ = 0;
  }
  void withdrawn() noexcept { --open_; }
  /// `blocked`: the caller had to wait for it until `now`.
  void completed(std::uint32_t transfers, bytes moved, bool blocked, nanoseconds now) noexcept {
    open_ -= std::min(open_, transfers);
    unmeasured_ += static_cast<double>(moved.count);
    if (!blocked) return;
    double seconds = static_cast<double>((now - since_).count) * 1e-9;
    if (from_idle_) seconds -= static_cast<double>(overhead_.count) * 1e-9;
    if (unmeasured_ > 0 && seconds > 0) {
      moved_ += unmeasured_;
      seconds_ += seconds;
      if (moved_ > window) {
        seconds_ *= window / 2 / moved_;
        moved_ = window / 2;
      }
    }
    since_ = now;
    unmeasured_ = 0;
    from_idle_ = false;
  }

  [[nodiscard]] link_cost cost() const noexcept { return {overhead_, {moved_ / seconds_}}; }

 private:
  static constexpr double window = 64.0 * 1024 * 1024;
  double moved_ = 0;
  double seconds_ = 0;
  double unmeasured_ = 0;  // completed since the last measurement
  nanoseconds overhead_;
  nanoseconds since_{};  // the last measurement, or when the link became busy
  std::uint32_t open_ = 0;
  bool from_idle_ = true;
};

}  // namespace moesaic::file
