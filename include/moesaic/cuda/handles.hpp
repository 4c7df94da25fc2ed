// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include <moesaic/core/result.hpp>
#include <moesaic/cuda/error.hpp>
#include <moesaic/cuda/stream_api.hpp>

namespace moesaic::cuda {

/// A stream of an api, owned. Its end waits until all that it was given is done, so that nobody writes afterwards.
/// Cost: a stream at creation, one wait at its end.
template <stream_api Api>
class owned_stream {
 public:
  [[nodiscard]] static result<owned_stream> make(Api& api, stream_priority priority) noexcept {
    const auto made = api.make_stream(priority);
    if (!made.code.ok()) return explained(api, made.code, "asked for a stream");
    return owned_stream(api, made.value);
  }
  owned_stream(owned_stream&& other) noexcept : api_(std::exchange(other.api_, nullptr)), own_(other.own_) {}
  owned_stream& operator=(owned_stream&& other) noexcept {
    owned_stream taken(std::move(other));
    std::swap(api_, taken.api_);
    std::swap(own_, taken.own_);
    return *this;
  }
  ~owned_stream() {
    if (api_ == nullptr) return;
    (void)settle();
    api_->end_stream(own_);
  }

  [[nodiscard]] stream_handle get() const noexcept { return own_; }
  /// Waits until all is done; a refusal that is not the end of the device is asked again.
  [[nodiscard]] api_code settle() noexcept {
    api_code code = api_->finish(own_);
    for (int tries = 0; tries < 8 && !code.ok() && api_->meaning(code) != fault::device_lost; ++tries) code = api_->finish(own_);
    return code;
  }

 private:
  owned_stream(Api& api, stream_handle own) noexcept : api_(&api), own_(own) {}
  Api* api_;
  stream_handle own_;
};

/// Events of an api, owned, made once.
template <stream_api Api>
class owned_events {
 public:
  [[nodiscard]] static result<owned_events> make(Api& api, std::uint32_t count) {
    owned_events all(api);
    all.own_.reserve(count);
    for (std::uint32_t i = 0; i < count; ++i) {
      const auto made = api.make_event();
      if (!made.code.ok()) return explained(api, made.code, "asked for event ", i + 1, " of ", count);
      all.own_.push_back(made.value);
    }
    return result<owned_events>(std::move(all));
  }
  owned_events(owned_events&& other) noexcept : api_(other.api_), own_(std::move(other.own_)) { other.own_.clear(); }
  owned_events& operator=(owned_events&& other) noexcept {
    owned_events taken(std::move(other));
    std::swap(api_, taken.api_);
    own_.swap(taken.own_);
    return *this;
  }
  ~owned_events() {
    for (const event_handle e : own_) api_->end_event(e);
  }

  [[nodiscard]] event_handle operator[](std::uint64_t i) const noexcept { return own_[static_cast<std::size_t>(i)]; }
  [[nodiscard]] std::uint32_t count() const noexcept { return static_cast<std::uint32_t>(own_.size()); }

 private:
  explicit owned_events(Api& api) noexcept : api_(&api) {}
  Api* api_;
  std::vector<event_handle> own_;
};

}  // namespace moesaic::cuda
