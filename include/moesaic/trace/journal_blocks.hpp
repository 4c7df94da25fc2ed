// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include <moesaic/trace/byte_sink.hpp>
#include <moesaic/trace/byte_source.hpp>
#include <moesaic/trace/journal_format.hpp>
#include <moesaic/trace/moetrc1_header.hpp>

namespace moesaic::trace::journal {

/// Collects a journal's bytes and writes them block by block, each with its length and checksum.
/// Cost: one buffer of 64 KiB; a full one is written on the spot, inside `put`. No allocation after construction.
template <byte_sink Sink>
class block_writer {
 public:
  static constexpr std::size_t longest = std::size_t{1} << 16U;

  explicit block_writer(Sink to) : to_(std::move(to)), block_(block_head + longest) {}

  /// Magic and version.
  result<void> open() {
    std::array<std::byte, preamble> start{};
    for (std::size_t i = 0; i < magic.size(); ++i) start[i] = static_cast<std::byte>(magic[i]);
    write_u32(&start[magic.size()], version);
    return to_.write(start);
  }
  void put(std::byte b) noexcept {
    if (used_ == longest) flush();
    block_[block_head + used_++] = b;
  }
  /// Writes what is there as a block; nothing where nothing is.
  void flush() noexcept {
    if (used_ == 0) return;
    const std::size_t length = std::exchange(used_, 0);
    if (failure_) return;
    write_u32(&block_[0], static_cast<std::uint32_t>(length));
    write_u32(&block_[4], checksum(std::span(block_).subspan(block_head, length)));
    if (const result<void> written = to_.write(std::span(block_).first(block_head + length)); !written) failure_ = written.error();
  }
  /// The first write that failed.
  [[nodiscard]] const std::optional<error>& failure() const noexcept { return failure_; }

 private:
  static void write_u32(std::byte* to, std::uint32_t n) noexcept {
    for (unsigned i = 0; i < 4; ++i) to[i] = static_cast<std::byte>(n >> (8U * i));
  }
  Sink to_;
  std::vector<std::byte> block_;
  std::size_t used_ = 0;
  std::optional<error> failure_;
};

/// Gives a journal's bytes back, each block held against its checksum before any of it is believed. Cost: one block, at most
/// 1 MiB. A file that ends inside a block is `cut`: what stood before is good.
template <byte_source Source>
class block_reader {
 public:
  explicit block_reader(Source from) : from_(std::move(from)) {}

  /// Reads magic and version.
  result<void> open() {
    std::array<std::byte, preamble> start{};
    const result<std::size_t> got = read_all_of(from_, start);
    if (!got) return got.error();
    if (*got == 0) return error(error_code::bad_file, from_.name(), ": is empty, expected a journal");
    if (!recognises(std::span(start).first(*got)))
      return error(error_code::bad_file, from_.name(), ": byte 0: is no journal, its first eight bytes are not MOEJRNL and a zero");
    if (*got < preamble) return error(error_code::bad_file, from_.name(), ": ends at byte ", *got, ", inside its first ", preamble, " bytes");
    if (const std::uint32_t found = little_u32(&start[magic.size()]); found < oldest_version || found > version)
      return error(error_code::bad_file, from_.name(), ": byte 8: is a journal of version ", found, "; this program reads versions ", oldest_version, " to ",
                   version);
    next_ = preamble;
    return {};
  }
  /// The next byte; 0 where there is none, and `good` is false from then on.
  [[nodiscard]] std::uint8_t byte() {
    if (at_ == block_.size() && !load()) return 0;
    return std::to_integer<std::uint8_t>(block_[at_++]);
  }
  [[nodiscard]] bool good() const noexcept { return !failure_ && !over_; }
  /// There is a further byte. Loads it.
  [[nodiscard]] bool more() { return at_ < block_.size() || load(); }
  /// No more bytes: the file ended, at a block's end or (`cut`) within one.
  [[nodiscard]] bool over() const noexcept { return over_; }
  [[nodiscard]] bool cut() const noexcept { return cut_; }
  [[nodiscard]] const std::optional<error>& failure() const noexcept { return failure_; }
  /// Offset in the file of the byte that comes next.
  [[nodiscard]] std::uint64_t offset() const noexcept { return next_ - block_.size() + at_; }
  [[nodiscard]] std::string_view name() const noexcept { return from_.name(); }

 private:
  /// Never leaves an empty block behind.
  [[nodiscard]] bool load() {
    if (!good()) return false;
    std::array<std::byte, block_head> head{};
    block_.clear();
    at_ = 0;
    if (!fill(head)) return false;
    const std::uint32_t length = little_u32(&head[0]);
    if (length == 0 || length > longest_block) {
      failure_.emplace(error_code::bad_file, from_.name(), ": byte ", next_, ": a block of ", length, " bytes; 1 to ", longest_block,
                       " are possible, so the file is damaged here");
      return false;
    }
    block_.resize(length);
    if (!fill(block_)) {
      block_.clear();
      cut_ = true;
      return false;
    }
    if (checksum(block_) != little_u32(&head[4])) {
      block_.clear();
      failure_.emplace(error_code::bad_file, from_.name(), ": byte ", next_, ": the block that starts here is not what was written (its checksum differs)");
      return false;
    }
    next_ += block_head + length;
    return true;
  }
  [[nodiscard]] bool fill(std::span<std::byte> out) {
    const result<std::size_t> got = read_all_of(from_, out);
    if (!got) return failure_ = got.error(), false;
    if (*got == out.size()) return true;
    over_ = true;
    cut_ = *got != 0;
    return false;
  }
  Source from_;
  std::vector<std::byte> block_;
  std::size_t at_ = 0;
  std::uint64_t next_ = 0;  // where the block behind this one starts
  std::optional<error> failure_;
  bool over_ = false;
  bool cut_ = false;
};

}  // namespace moesaic::trace::journal
