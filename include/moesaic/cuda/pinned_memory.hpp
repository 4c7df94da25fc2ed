// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <utility>

#include <moesaic/core/quantity.hpp>
#include <moesaic/core/result.hpp>
#include <moesaic/cuda/error.hpp>
#include <moesaic/cuda/stream_api.hpp>

namespace moesaic::cuda {

/// Pinned host memory, owned: what copies to the device are read from without holding up who asks for them. One allocation whose
/// address never changes, aligned to a page.
/// Refused: an error naming the size and what it was for, and nothing was taken; pinned memory is memory that the system cannot
/// swap, so it ends before memory does. Its end is after that of all streams that copy from it. Cost: one allocation.
template <stream_api Api>
class pinned_memory {
 public:
  /// `purpose` completes "asked for 4096 bytes of pinned memory ...".
  [[nodiscard]] static result<pinned_memory> create(Api& api, bytes size, std::string_view purpose) noexcept {
    if (size.count == 0) return error(error_code::bad_argument, "pinned memory needs at least 1 byte");
    const auto found = api.pinned_allocate(size);
    if (!found.code.ok()) return explained(api, found.code, "asked for ", size.count, " bytes of pinned memory ", purpose);
    return pinned_memory(api, {found.value, static_cast<std::size_t>(size.count)});
  }
  pinned_memory(pinned_memory&& other) noexcept : api_(std::exchange(other.api_, nullptr)), memory_(std::exchange(other.memory_, {})) {}
  pinned_memory& operator=(pinned_memory&& other) noexcept {
    pinned_memory taken(std::move(other));
    std::swap(api_, taken.api_);
    std::swap(memory_, taken.memory_);
    return *this;
  }
  ~pinned_memory() {
    if (api_ != nullptr) api_->pinned_free(memory_.data());
  }

  [[nodiscard]] std::span<std::byte> memory() const noexcept { return memory_; }

 private:
  pinned_memory(Api& api, std::span<std::byte> memory) noexcept : api_(&api), memory_(memory) {}
  Api* api_;
  std::span<std::byte> memory_;
};

}  // namespace moesaic::cuda
