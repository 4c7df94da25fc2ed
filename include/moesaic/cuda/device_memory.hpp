// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <span>
#include <utility>

#include <moesaic/core/quantity.hpp>
#include <moesaic/core/result.hpp>
#include <moesaic/cuda/error.hpp>
#include <moesaic/cuda/stream_api.hpp>

namespace moesaic::cuda {

/// Device memory for slots and frames: one allocation whose addresses never change, owned. Its span is what
/// `residency_options::memory` takes: the core divides it and never touches a byte of it, so seats are device addresses.
/// Where an allocator of the engine's gave the memory, that span goes to the residency instead and this type is not needed.
/// Refused: an error naming the size, and nothing was taken. Its end is after that of all streams that use it.
/// Rooms begin where footprints end: charge experts by multiples of 256 bytes (`footprint_of(shape, {256})`) if kernels want
/// aligned loads. Cost: one allocation.
template <stream_api Api>
class device_memory {
 public:
  static constexpr bytes alignment{256};  ///< of the first byte

  [[nodiscard]] static result<device_memory> create(Api& api, bytes size) noexcept {
    if (size.count == 0) return error(error_code::bad_argument, "device memory for experts needs at least 1 byte; please ask plan() what a budget holds");
    const auto found = api.device_allocate(size);
    if (!found.code.ok()) return explained(api, found.code, "asked for ", size.count, " bytes of device memory for experts");
    return device_memory(api, {found.value, static_cast<std::size_t>(size.count)});
  }
  device_memory(device_memory&& other) noexcept : api_(std::exchange(other.api_, nullptr)), memory_(std::exchange(other.memory_, {})) {}
  device_memory& operator=(device_memory&& other) noexcept {
    device_memory taken(std::move(other));
    std::swap(api_, taken.api_);
    std::swap(memory_, taken.memory_);
    return *this;
  }
  ~device_memory() {
    if (api_ != nullptr) api_->device_free(memory_.data());
  }

  /// Device addresses: not for the host to read or write.
  [[nodiscard]] std::span<std::byte> memory() const noexcept { return memory_; }

 private:
  device_memory(Api& api, std::span<std::byte> memory) noexcept : api_(&api), memory_(memory) {}
  Api* api_;
  std::span<std::byte> memory_;
};

}  // namespace moesaic::cuda
