// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <concepts>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <type_traits>
#include <utility>

#include <moesaic/concepts/transport.hpp>
#include <moesaic/cuda/copy_lanes.hpp>

namespace moesaic::cuda {

/// Where experts lie in host memory: their parts (with `from`, `size` and `offset_in_slot`) and what their room has to hold. Parts
/// stay where they are while the source lives, also when it moves; nobody writes their bytes meanwhile. No parts: no such expert.
template <class T>
concept host_source = std::movable<T> && requires(const T& view, expert_id e) {
  { view.parts(e)[0].from } -> std::convertible_to<const std::byte*>;
  { view.parts(e)[0].size } -> std::convertible_to<bytes>;
  { view.parts(e)[0].offset_in_slot } -> std::convertible_to<std::uint64_t>;
  { view.room(e) } -> std::convertible_to<bytes>;
};

/// Brings experts from host memory to the device: a model that is loaded into pinned memory, or into memory the engine has
/// registered (from pageable memory it works too, but each copy then holds up the caller). How copies are ordered: copy_lanes.
/// For an engine that hands kernels to a stream without waiting: take seats with `lease::next_ahead`, tell the stream by
/// `arrives_on` to wait for a seat that still travels, and release with a fence recorded behind the last kernel.
/// The fences may be null where no seat is ever released with one. `now` is the host's clock.
/// Threads: as the transport concept says. Cost: that of copy_lanes.
template <stream_api Api, host_source Source>
class stream_transport {
 public:
  [[nodiscard]] static result<stream_transport> create(Api& api, use_fences<Api>* fences, Source source, const lane_options& options = {}) {
    auto to_device = lanes::create(api, fences, options);
    if (!to_device) return to_device.error();
    return result<stream_transport>(stream_transport(std::move(source), std::move(*to_device)));
  }

  stream_transport(stream_transport&&) noexcept = default;
  /// Its own copies end as in its destructor before it takes the other's: nothing of them travels then.
  stream_transport& operator=(stream_transport&& other) noexcept {
    if (this != &other) {
      std::destroy_at(this);
      std::construct_at(this, std::move(other));
    }
    return *this;
  }

  [[nodiscard]] std::uint32_t capacity() const noexcept { return lanes_.capacity(); }
  void submit(const transfer& what) noexcept {
    last_ = std::max(last_, what.number);
    const std::span<const part> parts = source_.parts(what.expert);
    if (parts.empty()) return lanes_.refuse(what, refusal::no_such_expert);
    if (what.to == nullptr) return lanes_.refuse(what, refusal::no_room);
    if (source_.room(what.expert) > what.size) return lanes_.refuse(what, refusal::small_room);
    lanes_.submit(what, parts);
  }
  std::uint32_t poll(std::span<completion> out) noexcept { return lanes_.poll(out); }
  std::uint32_t wait(std::span<completion> out) noexcept { return lanes_.wait(out); }
  bool cancel(ticket which) noexcept { return lanes_.cancel(which); }
  [[nodiscard]] link_cost cost() const noexcept { return lanes_.cost(); }
  nanoseconds now() noexcept { return lanes_.api().now(); }

  /// What `stream` is given from now on waits until the ticket's bytes are there; the host does not. A prefetch that was not given
  /// to the device yet is given now. An error: it will not arrive, and nothing that reads its seat may be launched.
  result<void> arrives_on(ticket which, stream_handle stream) noexcept {
    if (which > last_) return error(error_code::wrong_order, "ticket ", which.number, " was never submitted here; please pass the one of the seat");
    return lanes_.hold(stream, which);
  }
  [[nodiscard]] std::optional<error> explain(expert_id e, const completion& how) const noexcept {
    if (how.system_error == 0) return std::nullopt;
    return failure_of(lanes_.api(), e, how.system_error);
  }
  [[nodiscard]] const Source& source() const noexcept { return source_; }

 private:
  using part = std::remove_cvref_t<decltype(std::declval<const Source&>().parts(expert_id{})[0])>;
  using lanes = copy_lanes<Api, part>;
  stream_transport(Source&& source, lanes&& to_device) : source_(std::move(source)), lanes_(std::move(to_device)) {}

  Source source_;
  lanes lanes_;  // ends first: it reads the source's bytes
  ticket last_{};
};

}  // namespace moesaic::cuda
