// SPDX-License-Identifier: MIT
#pragma once

#include <cerrno>
#include <cstddef>
#include <cstdint>

#include <moesaic/transport/file/read_queue.hpp>

namespace moesaic::file {

/// A piece that is being read, however many system calls that takes: what is left to ask for, and what an answer means.
/// Both backends go by it, so that a cut file is told alike. Cost: O(1).
class read_progress {
 public:
  enum class step : std::uint8_t {
    again,   ///< ask for what is left
    whole,   ///< everything that is needed is there
    ended,   ///< the file ended before
    failed,  ///< the system reported an error
  };

  read_progress() = default;
  /// `alignment` of the piece's file; 1 where it is read through the page cache.
  read_progress(const piece& what, std::uint64_t alignment) noexcept : what_(what), alignment_(alignment) {}

  [[nodiscard]] std::byte* to() const noexcept { return what_.to + got_; }
  [[nodiscard]] std::uint64_t file_offset() const noexcept { return what_.file_offset + got_; }
  [[nodiscard]] std::uint64_t left() const noexcept { return what_.length - got_; }
  [[nodiscard]] std::uint64_t got() const noexcept { return got_; }
  [[nodiscard]] const piece& what() const noexcept { return what_; }

  /// `answer`: bytes brought, or an errno below 0.
  [[nodiscard]] step after(std::int64_t answer) noexcept {
    if (answer == -EINTR || answer == -EAGAIN) return step::again;
    if (answer < 0) return step::failed;
    got_ += static_cast<std::uint64_t>(answer);
    if (got_ >= what_.needed) return step::whole;
    // A direct read stops between blocks only where the file ends, and could not go on from there.
    return answer == 0 || got_ % alignment_ != 0 ? step::ended : step::again;
  }

 private:
  piece what_{};
  std::uint64_t alignment_ = 1;
  std::uint64_t got_ = 0;
};

}  // namespace moesaic::file
