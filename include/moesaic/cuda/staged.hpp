// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include <moesaic/concepts/transport.hpp>
#include <moesaic/cuda/copy_lanes.hpp>
#include <moesaic/cuda/pinned_ring.hpp>

namespace moesaic::cuda {

struct staged_options {
  bytes staging{};            ///< pinned bytes for experts on their way, at least the largest footprint; two of them keep both links busy
  bytes alignment{4096};      ///< of rooms, as the upstream transport wants them
  lane_options to_device{};   ///< its capacity is the upstream transport's
};

/// Brings experts to the device by a transport to host memory (reads of model files): that one fills a piece of a pinned ring, and
/// the piece is copied to the room, padding included. The ring is all the host memory it uses; who finds no place in it waits here, and
/// can be cancelled, demand before prefetch. `after` is waited for by the copy, so reads never wait for the engine.
/// Failures of the upstream transport are told as they come, with its explanations; the runtime's numbers lie above `api_base`.
/// The cost is that of the slower link, with both overheads. Threads: as the transport concept says.
/// Cost: O(open) a call beside the two, no allocation after creation.
template <transport Upstream, stream_api Api>
class staged {
 public:
  static constexpr std::int32_t api_base = 1'000'000;  ///< beyond any errno

  [[nodiscard]] static result<staged> create(Api& api, use_fences<Api>* fences, Upstream upstream, staged_options options) {
    const std::uint32_t capacity = upstream.capacity();
    auto ring = pinned_ring<Api>::create(api, options.staging, options.alignment, capacity);
    if (!ring) return ring.error();
    options.to_device.capacity = capacity;
    auto to_device = lanes::create(api, fences, options.to_device);
    if (!to_device) return to_device.error();
    return result<staged>(staged(std::move(upstream), std::move(*ring), std::move(*to_device), capacity));
  }

  staged(staged&&) noexcept = default;
  /// Its own reads and copies end as in its destructor before it takes the other's: nothing of them travels then.
  staged& operator=(staged&& other) noexcept {
    if (this != &other) {
      std::destroy_at(this);
      std::construct_at(this, std::move(other));
    }
    return *this;
  }

  [[nodiscard]] std::uint32_t capacity() const noexcept { return static_cast<std::uint32_t>(slots_.size()); }
  void submit(const transfer& what) noexcept {
    last_ = std::max(last_, what.number);
    journey& j = slots_[free_.back()];
    open_.push_back(free_.back());
    free_.pop_back();
    j = {what, {}, {}, stage::waiting, false};
    if (what.to == nullptr) return finish(j, {what.number, transfer_status::refused, {}, refusal::no_room});
    if (what.size > ring_.capacity()) return finish(j, {what.number, transfer_status::refused, {}, refusal::small_staging});
    start_reads();
  }
  std::uint32_t poll(std::span<completion> out) noexcept {
    go_on();
    return tell(out);
  }
  std::uint32_t wait(std::span<completion> out) noexcept {
    if (out.empty()) return 0;
    while (!open_.empty()) {
      if (const std::uint32_t told = poll(out); told > 0) return told;
      block(reading_ == 0 || lanes_.soon());
    }
    return 0;
  }
  bool cancel(ticket which) noexcept {
    const auto at = find(which);
    if (at == open_.end()) return false;
    journey& j = slots_[*at];
    if (j.at == stage::finished) return false;
    if (j.at == stage::reading) {
      if (!upstream_.cancel(which)) return false;
      --reading_;
    }
    if (j.at == stage::copying && !lanes_.cancel(which)) return false;
    if (j.at != stage::waiting) ring_.give_back(j.source.from);
    free_.push_back(*at);
    open_.erase(at);
    start_reads();
    return true;
  }
  [[nodiscard]] link_cost cost() const noexcept {
    const link_cost read = upstream_.cost(), copy = lanes_.cost();
    return {read.overhead + copy.overhead, {std::min(read.rate.count, copy.rate.count)}};
  }
  nanoseconds now() noexcept { return lanes_.api().now(); }

  /// What `stream` is given from now on waits until the ticket's bytes are there. The host waits until they are read; for the device
  /// only where the ring is full of what is being copied. An error: it will not arrive, and nothing that reads its seat may be launched.
  result<void> arrives_on(ticket which, stream_handle stream) noexcept {
    if (which > last_) return error(error_code::wrong_order, "ticket ", which.number, " was never submitted here; please pass the one of the seat");
    const auto at = find(which);
    if (at == open_.end()) {
      const auto* const failed = failures_.find(which);
      return failed == nullptr ? result<void>() : sentence(failed->expert, failed->how);
    }
    journey& j = slots_[*at];
    j.urgent = true;
    for (go_on(); j.at == stage::waiting || j.at == stage::reading; go_on()) block(reading_ == 0);
    if (j.at == stage::copying) return lanes_.hold(stream, which);
    return j.end.status == transfer_status::arrived ? result<void>() : sentence(j.what.expert, j.end);
  }
  [[nodiscard]] std::optional<error> explain(expert_id e, const completion& how) const noexcept {
    if (how.system_error < 0) return failure_of(lanes_.api(), e, how.system_error);
    if (how.system_error > api_base) return failure_of(lanes_.api(), e, how.system_error - api_base);
    if constexpr (explaining_transport<Upstream>) return upstream_.explain(e, how);
    return std::nullopt;
  }
  [[nodiscard]] bytes staging() const noexcept { return ring_.capacity(); }
  [[nodiscard]] bytes staging_in_use() const noexcept { return ring_.in_use(); }
  [[nodiscard]] bytes staging_peak() const noexcept { return ring_.peak(); }
  [[nodiscard]] Upstream& upstream() noexcept { return upstream_; }

 private:
  struct staged_part {
    const std::byte* from = nullptr;
    bytes size{};
    std::uint64_t offset_in_slot = 0;
  };
  enum class stage : std::uint8_t { waiting, reading, copying, finished };
  struct journey {
    transfer what{};
    staged_part source{};
    completion end{};
    stage at = stage::waiting;
    bool urgent = false;  ///< a stream waits for it
  };
  using lanes = copy_lanes<Api, staged_part>;

  staged(Upstream&& upstream, pinned_ring<Api>&& ring, lanes&& to_device, std::uint32_t capacity)
      : slots_(capacity), failures_(capacity), ring_(std::move(ring)), lanes_(std::move(to_device)), upstream_(std::move(upstream)) {
    open_.reserve(capacity);
    free_.reserve(capacity);
    for (std::uint32_t i = capacity; i-- > 0;) free_.push_back(i);
  }

  [[nodiscard]] auto find(ticket which) noexcept {
    return std::find_if(open_.begin(), open_.end(), [&](std::uint32_t i) { return slots_[i].what.number == which; });
  }
  static void finish(journey& j, const completion& how) noexcept {
    j.end = how;
    j.at = stage::finished;
  }
  /// Reads what finds a place in the ring: whom a stream waits for, then demand, then prefetch. Who is next is not passed by.
  void start_reads() noexcept {
    for (;;) {
      journey* next = nullptr;
      for (const std::uint32_t i : open_) {
        journey& j = slots_[i];
        if (j.at == stage::waiting && (next == nullptr || rank(j) > rank(*next))) next = &j;
      }
      if (next == nullptr) return;
      const std::span<std::byte> piece = ring_.take(next->what.size);
      if (piece.data() == nullptr) return;
      next->source = {piece.data(), next->what.size, 0};
      next->at = stage::reading;
      ++reading_;
      transfer read = next->what;
      read.to = piece.data();
      read.after = {};
      upstream_.submit(read);
    }
  }
  [[nodiscard]] static int rank(const journey& j) noexcept { return j.urgent ? 2 : j.what.why == cause::demand ? 1 : 0; }

  void take_read(const completion& c) noexcept {
    const auto at = find(c.number);
    if (at == open_.end()) return;
    journey& j = slots_[*at];
    --reading_;
    if (c.status == transfer_status::arrived) {
      j.at = stage::copying;
      if (j.urgent) j.what.why = cause::demand;
      return lanes_.submit(j.what, {&j.source, 1});
    }
    ring_.give_back(j.source.from);
    finish(j, c);
  }
  void take_copied(completion c) noexcept {
    const auto at = find(c.number);
    if (at == open_.end()) return;
    if (c.system_error > 0) c.system_error += api_base;
    ring_.give_back(slots_[*at].source.from);
    finish(slots_[*at], c);
  }
  void go_on() noexcept {
    std::array<completion, 16> some;
    for (std::uint32_t n = 1; n > 0 && reading_ > 0;) {
      n = upstream_.poll(some);
      for (std::uint32_t i = 0; i < n; ++i) take_read(some[i]);
    }
    for (std::uint32_t n = 1; n > 0 && !lanes_.empty();) {
      n = lanes_.poll(some);
      for (std::uint32_t i = 0; i < n; ++i) take_copied(some[i]);
    }
    start_reads();
  }
  /// Waits for a copy, or for a read. A copy may be held by a kernel, and meanwhile what has been read would lie there.
  void block(bool for_copies) noexcept {
    std::array<completion, 1> one;
    if (for_copies) {
      if (lanes_.wait(one) > 0) take_copied(one[0]);
      return;
    }
    if (upstream_.wait(one) > 0) return take_read(one[0]);
    for (const std::uint32_t i : open_)  // it says that nothing is open: what it lost does not come any more
      if (slots_[i].at == stage::reading) take_read({slots_[i].what.number, transfer_status::refused, {}, 0});
  }
  [[nodiscard]] error sentence(expert_id who, const completion& how) const noexcept {
    const auto told = explain(who, how);
    return told ? *told : failure_of(lanes_.api(), who, 0);
  }
  std::uint32_t tell(std::span<completion> out) noexcept {
    std::uint32_t told = 0;
    for (auto at = open_.begin(); at != open_.end() && told < out.size();) {
      if (slots_[*at].at != stage::finished) {
        ++at;
        continue;
      }
      failures_.note(slots_[*at].what.expert, slots_[*at].end);
      out[told++] = slots_[*at].end;
      free_.push_back(*at);
      at = open_.erase(at);
    }
    return told;
  }

  std::vector<journey> slots_;
  std::vector<std::uint32_t> open_;  // in the order of submission
  std::vector<std::uint32_t> free_;
  std::uint32_t reading_ = 0;
  ticket last_{};
  recent_failures failures_;
  pinned_ring<Api> ring_;
  lanes lanes_;
  Upstream upstream_;  // ends first, then the lanes: both use the ring
};

}  // namespace moesaic::cuda
