// SPDX-License-Identifier: MIT
#pragma once

#include <sys/mman.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

#include <moesaic/core/quantity.hpp>
#include <moesaic/core/result.hpp>
#include <moesaic/transport/file/system_words.hpp>

namespace moesaic::file {

/// Memory for rooms and frames: one anonymous mapping of zeros, owned. From 2 MiB on it begins on a 2 MiB boundary and asks
/// for 2 MiB pages, because direct reads into such memory run up to twice as fast (the kernel pins 1 page instead of 512).
/// Pages appear when first touched, so memory in use never exceeds what was read in, rounded up to pages inside the slab.
/// Addresses stay the same when the slab is moved. Cost: a few system calls; nothing is touched.
class slab {
 public:
  static constexpr std::uint64_t page = 4096;
  static constexpr std::uint64_t huge_page = std::uint64_t{2} << 20U;

  /// `size` 0 gives an empty slab. Refused: an error naming the size.
  [[nodiscard]] static result<slab> create(bytes size) noexcept {
    if (size.count == 0) return slab{};
    const bool huge = size.count >= huge_page;
    if (size.count > (std::uint64_t{1} << 62U)) return refused(size, ENOMEM);
    const std::uint64_t length = rounded_up(size, {page}).count;
    const std::uint64_t asked = length + (huge ? huge_page : 0);
    void* const found = ::mmap(nullptr, asked, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (found == MAP_FAILED) return refused(size, errno);
    auto* const begin = static_cast<std::byte*>(found);
    slab made;
    made.length_ = length;
    made.size_ = size.count;
    made.address_ = begin;
    if (huge) {
      // Cut what lies before the boundary and behind the end; unmapping whole pages of one's own cannot fail.
      const std::uint64_t skip = (huge_page - reinterpret_cast<std::uintptr_t>(begin) % huge_page) % huge_page;
      made.address_ = begin + skip;
      if (skip > 0) ::munmap(begin, skip);
      if (huge_page - skip > 0) ::munmap(made.address_ + length, huge_page - skip);
      made.huge_ = ::madvise(made.address_, length, MADV_HUGEPAGE) == 0;
    }
    return made;
  }

  slab() noexcept = default;
  slab(slab&& other) noexcept
      : address_(std::exchange(other.address_, nullptr)),
        length_(std::exchange(other.length_, 0)),
        size_(std::exchange(other.size_, 0)),
        huge_(std::exchange(other.huge_, false)) {}
  slab& operator=(slab&& other) noexcept {
    slab taken(std::move(other));
    std::swap(address_, taken.address_);
    std::swap(length_, taken.length_);
    std::swap(size_, taken.size_);
    std::swap(huge_, taken.huge_);
    return *this;
  }
  ~slab() {
    if (address_ != nullptr) ::munmap(address_, length_);
  }

  /// Exactly the size asked for.
  [[nodiscard]] std::span<std::byte> memory() const noexcept { return {address_, static_cast<std::size_t>(size_)}; }
  /// Whether 2 MiB pages were granted (as far as the system can spare them).
  [[nodiscard]] bool huge_pages() const noexcept { return huge_; }

  /// Gives the whole pages inside `range` back to the system; they read as zeros when touched again. `range` has to lie in
  /// the slab, and nothing may travel into it. Answers how many bytes went.
  bytes give_back(std::span<std::byte> range) noexcept {
    const auto from = static_cast<std::uint64_t>(range.data() - address_);
    const std::uint64_t first = rounded_up({from}, {page}).count;
    std::uint64_t last = (from + range.size()) / page * page;
    if (from + range.size() == size_) last = length_;  // nobody else is on the last page
    if (first >= last || ::madvise(address_ + first, last - first, MADV_DONTNEED) != 0) return {};
    return {last - first};
  }

 private:
  [[nodiscard]] static error refused(bytes size, int system_error) noexcept {
    return error(error_code::out_of_memory, "the system refused ", size.count, " bytes of memory for experts (", words_for(system_error),
                 "); please give a smaller budget");
  }
  std::byte* address_ = nullptr;
  std::uint64_t length_ = 0;  // mapped, whole pages
  std::uint64_t size_ = 0;    // asked for
  bool huge_ = false;
};

}  // namespace moesaic::file
