// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include <moesaic/core/quantity.hpp>
#include <moesaic/core/result.hpp>
#include <moesaic/cuda/pinned_memory.hpp>
#include <moesaic/cuda/stream_api.hpp>

namespace moesaic::cuda {

/// Pinned host memory of a fixed size, lent piece by piece: what copies to the device are read from. Pieces follow each other
/// round the ring; they may come back in any order, and room is free again when all older ones are back.
/// Never lends more than its size. Cost: one allocation at creation; take and give back O(pieces out).
template <stream_api Api>
class pinned_ring {
 public:
  /// `alignment` of pieces: a power of two, at most 4096 (what pinned allocations have). `pieces`: out at once at most.
  [[nodiscard]] static result<pinned_ring> create(Api& api, bytes size, bytes alignment = {256}, std::uint32_t pieces = 256) {
    if (size.count == 0 || pieces == 0) return error(error_code::bad_argument, "a ring of pinned memory needs at least 1 byte and 1 piece");
    if (alignment.count == 0 || alignment.count > 4096 || (alignment.count & (alignment.count - 1)) != 0)
      return error(error_code::bad_argument, "pieces of pinned memory are aligned to a power of two up to 4096, not to ", alignment.count);
    size = {size.count / alignment.count * alignment.count};
    if (size.count == 0) return error(error_code::bad_argument, "a ring of pinned memory is smaller than its alignment of ", alignment.count, " bytes");
    auto memory = pinned_memory<Api>::create(api, size, "to stage experts in");
    if (!memory) return memory.error();
    pinned_ring made(std::move(*memory), alignment);
    made.out_.resize(pieces);
    return result<pinned_ring>(std::move(made));
  }

  /// Empty: there is no room for it now. A piece of 0 bytes takes one unit of alignment.
  [[nodiscard]] std::span<std::byte> take(bytes size) noexcept {
    if (count_ == out_.size() || size > capacity()) return {};
    const std::uint64_t length = std::max(rounded_up(size, alignment_), alignment_).count;
    if (count_ == 0) begin_ = 0;
    const std::uint64_t at = (begin_ + used_) % whole().size();
    const std::uint64_t skipped = at + length > whole().size() ? whole().size() - at : 0;  // a piece is never cut at the ring's end
    if (length > whole().size() - used_ || skipped > whole().size() - used_ - length) return {};
    out_[(oldest_ + count_) % out_.size()] = {(at + skipped) % whole().size(), length + skipped, false};
    ++count_;
    used_ += length + skipped;
    peak_ = std::max(peak_, used_);
    return whole().subspan(static_cast<std::size_t>((at + skipped) % whole().size()), static_cast<std::size_t>(size.count));
  }
  /// `piece` is the address of one that is out.
  void give_back(const std::byte* piece) noexcept {
    const auto at = static_cast<std::uint64_t>(piece - whole().data());
    for (std::size_t i = 0; i < count_; ++i) {
      part& p = out_[(oldest_ + i) % out_.size()];
      if (p.begin == at && !p.back) {
        p.back = true;
        break;
      }
    }
    while (count_ > 0 && out_[oldest_].back) {
      begin_ = (begin_ + out_[oldest_].length) % whole().size();
      used_ -= out_[oldest_].length;
      oldest_ = (oldest_ + 1) % out_.size();
      --count_;
    }
  }

  [[nodiscard]] bytes capacity() const noexcept { return {whole().size()}; }
  [[nodiscard]] bytes alignment() const noexcept { return alignment_; }
  /// From the oldest piece that is out to the newest, what was skipped at the ring's end included.
  [[nodiscard]] bytes in_use() const noexcept { return {used_}; }
  [[nodiscard]] bytes peak() const noexcept { return {peak_}; }

 private:
  struct part {
    std::uint64_t begin = 0;
    std::uint64_t length = 0;  ///< with what was skipped before it
    bool back = false;
  };
  pinned_ring(pinned_memory<Api>&& memory, bytes alignment) noexcept : memory_(std::move(memory)), alignment_(alignment) {}
  [[nodiscard]] std::span<std::byte> whole() const noexcept { return memory_.memory(); }

  pinned_memory<Api> memory_;
  bytes alignment_;
  std::vector<part> out_;
  std::size_t oldest_ = 0;
  std::size_t count_ = 0;
  std::uint64_t begin_ = 0;
  std::uint64_t used_ = 0;
  std::uint64_t peak_ = 0;
};

}  // namespace moesaic::cuda
