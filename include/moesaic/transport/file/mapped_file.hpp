// SPDX-License-Identifier: MIT
#pragma once

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include <moesaic/core/quantity.hpp>
#include <moesaic/core/result.hpp>
#include <moesaic/transport/file/system_words.hpp>

namespace moesaic::file {

/// A model file mapped for reading: where `residence::host` computes from, without a slot and without a copy. Memory is the
/// page cache's, which the system takes back when it needs it.
///
/// Touching a mapped page that a cut file no longer has, or that the device cannot read, kills a process (SIGBUS). So an
/// engine asks `part` before every use: it looks at the file's size, reads the range in with large reads, and lets the system
/// touch each page first (MADV_POPULATE_READ, Linux 5.14), which turns that signal into an error. What is left is a file
/// that is cut while the part is being computed with, or on an older kernel a device that fails: nothing in a process can
/// guard against that but a copy, so who fears it places experts in slots.
/// The kernel's own read-ahead is off (MADV_RANDOM): it brings megabytes that nobody wants.
/// Threads: `part` and `expect` from any. Cost of `part`: three system calls, plus reading what is not in the page cache.
class mapped_file {
 public:
  [[nodiscard]] static result<mapped_file> open(std::string path) {
    mapped_file made;
    made.path_ = std::move(path);
    made.descriptor_ = ::open(made.path_.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (made.descriptor_ < 0) return made.cannot("cannot open ", errno);
    struct stat status{};
    if (::fstat(made.descriptor_, &status) != 0) return made.cannot("cannot look at ", errno);
    if (!S_ISREG(status.st_mode)) return error(error_code::cannot_open, "cannot map experts from ", made.path_, ": it is not a regular file");
    made.size_ = static_cast<std::uint64_t>(status.st_size);
    if (made.size_ == 0) return made;  // an empty mapping does not exist, and nobody can ask for a part of it
    void* const found = ::mmap(nullptr, made.size_, PROT_READ, MAP_SHARED, made.descriptor_, 0);
    if (found == MAP_FAILED) return made.cannot("cannot map ", errno);
    made.address_ = static_cast<std::byte*>(found);
    (void)::madvise(found, made.size_, MADV_RANDOM);  // advice: where it is refused, reads still work
    return made;
  }

  mapped_file(mapped_file&& other) noexcept
      : path_(std::move(other.path_)),
        address_(std::exchange(other.address_, nullptr)),
        size_(other.size_),
        descriptor_(std::exchange(other.descriptor_, -1)) {}
  mapped_file& operator=(mapped_file&& other) noexcept {
    std::swap(path_, other.path_);
    std::swap(address_, other.address_);
    std::swap(size_, other.size_);
    std::swap(descriptor_, other.descriptor_);
    return *this;
  }
  ~mapped_file() {
    if (address_ != nullptr) ::munmap(address_, size_);
    if (descriptor_ >= 0) ::close(descriptor_);
  }

  /// The address of `size` bytes at `offset`, all of them read in. Valid while this object lives and the file is not cut.
  [[nodiscard]] result<const std::byte*> part(std::uint64_t offset, bytes size) const noexcept {
    if (size.count > size_ || offset > size_ - size.count)
      return error(error_code::bad_argument, path_, " has ", size_, " bytes; there are no ", size.count, " at offset ", offset);
    struct stat status{};
    if (::fstat(descriptor_, &status) != 0) return cannot("cannot look at ", errno);
    const auto now = static_cast<std::uint64_t>(status.st_size);
    if (size.count > now || offset > now - size.count)
      return error(error_code::transfer_failed, path_, " has been cut to ", now, " bytes while it is in use; an expert's part lies at offset ", offset, " (",
                   size.count, " bytes); please restore the file");
    const std::byte* const wanted = address_ + offset;
    if (size.count == 0) return wanted;
    const range pages = around(offset, size);
    (void)::madvise(pages.begin, pages.length, MADV_WILLNEED);
#ifdef MADV_POPULATE_READ
    int touched = 0;
    do touched = ::madvise(pages.begin, pages.length, MADV_POPULATE_READ);
    while (touched != 0 && (errno == EINTR || errno == EAGAIN));
    if (touched != 0 && errno != EINVAL && errno != ENOMEM)  // EINVAL: an older kernel; ENOMEM: page tables, not the file
      return error(error_code::transfer_failed, path_, ", offset ", offset, ": ", words_for(errno == EFAULT ? EIO : errno), " (errno ", errno, ")");
#endif
    return wanted;
  }

  /// Lets the system begin to read a range that will be asked for soon. Advice: nothing outside the file, no error.
  void expect(std::uint64_t offset, bytes size) const noexcept {
    if (size.count == 0 || size.count > size_ || offset > size_ - size.count) return;
    const range pages = around(offset, size);
    (void)::madvise(pages.begin, pages.length, MADV_WILLNEED);
  }

  [[nodiscard]] const std::string& path() const noexcept { return path_; }
  /// As it was when the file was opened.
  [[nodiscard]] std::uint64_t size() const noexcept { return size_; }

 private:
  struct range {
    std::byte* begin;
    std::uint64_t length;
  };
  mapped_file() = default;
  [[nodiscard]] error cannot(std::string_view what, int system_error) const noexcept {
    return error(error_code::cannot_open, what, path_, ": ", words_for(system_error), " (errno ", system_error, ")");
  }
  [[nodiscard]] range around(std::uint64_t offset, bytes size) const noexcept {
    const auto page = static_cast<std::uint64_t>(::getpagesize());
    const std::uint64_t from = offset / page * page;
    return {address_ + from, offset - from + size.count};
  }

  std::string path_;
  std::byte* address_ = nullptr;
  std::uint64_t size_ = 0;
  int descriptor_ = -1;
};

}  // namespace moesaic::file
