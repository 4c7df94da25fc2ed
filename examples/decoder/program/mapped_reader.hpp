// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include <moesaic/concepts/transport.hpp>
#include <moesaic/transport/file/expert_layout.hpp>

#include "mapped_files.hpp"

namespace moesaic::decoder {

/// Brings experts by copying them out of a mapped file, as `--io mmap` asks: the page cache does the reading. A copy is
/// made at once, inside `submit`, so nothing can be cancelled and nothing overlaps; the other ways of reading are faster.
/// It is here to compare with, and for file systems on which nothing else works.
class mapped_reader {
 public:
  mapped_reader(std::shared_ptr<const mapped_files> from, file::expert_layout layout) : from_(std::move(from)), layout_(std::move(layout)) {
    done_.reserve(capacity());
  }

  [[nodiscard]] std::uint32_t capacity() const noexcept { return 16; }
  void submit(const transfer& what) noexcept {
    completion how{what.number, transfer_status::arrived, {}, 0};
    const nanoseconds began = now();
    for (const file::placed_part& p : layout_.parts(what.expert)) {
      const auto bytes_there = from_->part(p.file, p.file_offset, p.size);
      if (!bytes_there) {
        how.status = transfer_status::short_read;
        break;
      }
      if (what.to != nullptr) std::memcpy(what.to + p.offset_in_slot, *bytes_there, p.size.count);
      how.moved += p.size;
    }
    moved_ += how.moved;
    const double seconds = static_cast<double>((now() - began).count) * 1e-9;
    if (how.moved.count > 0 && seconds > 0) rate_ += 0.05 * (static_cast<double>(how.moved.count) / seconds - rate_);
    done_.push_back(how);
  }
  std::uint32_t poll(std::span<completion> out) noexcept {
    const std::size_t n = std::min(out.size(), done_.size());
    std::copy_n(done_.begin(), n, out.begin());
    done_.erase(done_.begin(), done_.begin() + static_cast<std::ptrdiff_t>(n));
    return static_cast<std::uint32_t>(n);
  }
  std::uint32_t wait(std::span<completion> out) noexcept { return poll(out); }
  bool cancel(ticket) noexcept { return false; }
  [[nodiscard]] link_cost cost() const noexcept { return {microseconds(5), {rate_}}; }
  nanoseconds now() noexcept {
    const auto since = std::chrono::steady_clock::now().time_since_epoch();
    return {std::chrono::duration_cast<std::chrono::nanoseconds>(since).count()};
  }

  [[nodiscard]] const file::expert_layout& layout() const noexcept { return layout_; }
  [[nodiscard]] bytes bytes_read() const noexcept { return moved_; }
  /// Nothing once the file is whole again.
  [[nodiscard]] std::optional<error> explain(expert_id e, const completion&) const noexcept {
    for (const file::placed_part& p : layout_.parts(e))
      if (const auto there = from_->part(p.file, p.file_offset, p.size); !there)
        return error(error_code::transfer_failed, "expert ", number(e.expert), " of MoE layer ", number(e.layer),
                     " could not be read: ", there.error().sentence());
    return std::nullopt;
  }

 private:
  std::shared_ptr<const mapped_files> from_;
  file::expert_layout layout_;
  std::vector<completion> done_;
  bytes moved_{};
  double rate_ = 2e9;  // smoothed over the last twenty transfers or so
};
static_assert(explaining_transport<mapped_reader>);

}  // namespace moesaic::decoder
