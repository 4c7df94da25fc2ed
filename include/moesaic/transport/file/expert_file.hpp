// SPDX-License-Identifier: MIT
#pragma once

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include <moesaic/core/quantity.hpp>
#include <moesaic/core/result.hpp>
#include <moesaic/transport/file/slab.hpp>
#include <moesaic/transport/file/system_words.hpp>

namespace moesaic::file {

/// Whether reads go past the page cache.
enum class direct_reads : std::uint8_t {
  automatic,  ///< where the file system takes them
  yes,        ///< or do not open the file at all
  no,
};

/// A model file, open for reading. Direct reads (O_DIRECT) need no memory beside the rooms and bring exactly what was asked
/// for; `alignment` is what they demand of offset, length and address. Where they are off, the file is read through the page
/// cache with read-ahead switched off (POSIX_FADV_RANDOM), because a read-ahead of megabytes fetches what nobody wants.
/// The file stays readable when its name is removed; when it is cut, reads behind the new end come up short.
class expert_file {
 public:
  [[nodiscard]] static result<expert_file> open(std::string path, direct_reads direct = direct_reads::automatic) {
    expert_file made;
    made.path_ = std::move(path);
    // Not blocking: a pipe in place of a model must not hang the program.
    made.descriptor_ = ::open(made.path_.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (made.descriptor_ < 0) return cannot(made.path_, "cannot open", errno);
    struct stat status{};
    if (::fstat(made.descriptor_, &status) != 0) return cannot(made.path_, "cannot look at", errno);
    if (!S_ISREG(status.st_mode)) return error(error_code::cannot_open, "cannot read experts from ", made.path_, ": it is not a regular file");
    made.size_ = static_cast<std::uint64_t>(status.st_size);
    if (direct != direct_reads::no && made.go_direct()) return made;
    if (direct == direct_reads::yes)
      return error(error_code::cannot_open, "cannot read ", made.path_,
                   " past the page cache: its file system refuses direct reads; please allow buffered ones (direct: no)");
    if (::fcntl(made.descriptor_, F_SETFL, 0) != 0) return cannot(made.path_, "cannot set up", errno);
    (void)::posix_fadvise(made.descriptor_, 0, 0, POSIX_FADV_RANDOM);  // advice: where it is refused, reads still work
    return made;
  }

  expert_file(expert_file&& other) noexcept
      : path_(std::move(other.path_)),
        size_(other.size_),
        alignment_(other.alignment_),
        descriptor_(std::exchange(other.descriptor_, -1)),
        probed_(other.probed_),
        direct_(other.direct_) {}
  expert_file& operator=(expert_file&& other) noexcept {
    std::swap(path_, other.path_);
    std::swap(size_, other.size_);
    std::swap(alignment_, other.alignment_);
    std::swap(descriptor_, other.descriptor_);
    std::swap(probed_, other.probed_);
    std::swap(direct_, other.direct_);
    return *this;
  }
  ~expert_file() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }

  [[nodiscard]] const std::string& path() const noexcept { return path_; }
  /// As it was when the file was opened.
  [[nodiscard]] std::uint64_t size() const noexcept { return size_; }
  /// As it is now; 0 if the system will not say.
  [[nodiscard]] std::uint64_t size_now() const noexcept {
    struct stat status{};
    return ::fstat(descriptor_, &status) == 0 ? static_cast<std::uint64_t>(status.st_size) : 0;
  }
  [[nodiscard]] int descriptor() const noexcept { return descriptor_; }
  [[nodiscard]] bool direct() const noexcept { return direct_; }
  /// What reads have to be aligned to, a power of two; 1 through the page cache.
  [[nodiscard]] bytes alignment() const noexcept { return alignment_; }
  /// Bytes read while finding out whether direct reads work.
  [[nodiscard]] bytes probed() const noexcept { return {probed_}; }

 private:
  expert_file() = default;

  [[nodiscard]] static error cannot(std::string_view path, std::string_view what, int system_error) {
    return error(error_code::cannot_open, what, " ", path, ": ", words_for(system_error), " (errno ", system_error, ")");
  }

  /// Switches direct reads on and makes sure that they work: some file systems take the flag and refuse every read.
  bool go_direct() noexcept {
#ifdef O_DIRECT
    if (::fcntl(descriptor_, F_SETFL, O_DIRECT) != 0) return false;
    auto probe = slab::create({2 * largest_block});
    if (!probe) return false;
    std::byte* const memory = probe->memory().data();
    const auto at = (largest_block - reinterpret_cast<std::uintptr_t>(memory) % largest_block) % largest_block;
    const std::uint64_t told = block_the_system_tells();
    for (const std::uint64_t block : {std::uint64_t{512}, std::uint64_t{4096}, largest_block}) {
      if (block < told) continue;
      ssize_t got = 0;
      // From the second block on, so that a file system that only likes offset 0 is not mistaken for a willing one.
      const std::uint64_t from = size_ > block ? block : 0;
      do got = ::pread(descriptor_, memory + at, block, static_cast<off_t>(from));
      while (got < 0 && errno == EINTR);
      if (got < 0) continue;
      probed_ += static_cast<std::uint64_t>(got);
      alignment_ = {block};
      direct_ = true;
      return true;
    }
#endif
    return false;
  }

  [[nodiscard]] std::uint64_t block_the_system_tells() const noexcept {
#ifdef STATX_DIOALIGN
    struct statx status{};
    if (::statx(descriptor_, "", AT_EMPTY_PATH, STATX_DIOALIGN, &status) == 0 && (status.stx_mask & STATX_DIOALIGN) != 0)
      return std::max<std::uint64_t>(status.stx_dio_offset_align, status.stx_dio_mem_align);
#endif
    return 0;
  }

  static constexpr std::uint64_t largest_block = 65'536;

  std::string path_;
  std::uint64_t size_ = 0;
  bytes alignment_{1};
  int descriptor_ = -1;
  std::uint64_t probed_ = 0;
  bool direct_ = false;
};

}  // namespace moesaic::file
