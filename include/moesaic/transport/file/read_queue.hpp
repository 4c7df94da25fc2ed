// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include <moesaic/concepts/transport.hpp>
#include <moesaic/transport/file/expert_layout.hpp>

namespace moesaic::file {

/// A read of moderate size, cut from the reads of one expert. `needed` of its `length` bytes have to be there.
struct piece {
  std::uint32_t file = 0;
  std::uint32_t job = 0;  ///< the queue's own number, handed back with `finished`
  std::uint64_t file_offset = 0;
  std::uint64_t length = 0;
  std::uint64_t needed = 0;
  std::byte* to = nullptr;
};

/// The open tickets of a file transport, as pieces to read: who is next, what is under way, what is complete. Pure
/// bookkeeping, so it does no I/O and takes no lock; whoever shares it between threads holds one.
///
/// A ticket is complete when its last piece is; after a failed piece the others are not started. Demand before prefetch,
/// else the earlier submission. Only a ticket of which no piece was taken can be cancelled.
/// Cost: O(open tickets) a call, no allocation after construction.
class read_queue {
 public:
  /// `capacity`: tickets open at once. `longest`: bytes of a piece, rounded to the layout's alignment. The layout has to
  /// outlive the queue.
  read_queue(const expert_layout& layout, std::uint32_t capacity, bytes longest)
      : layout_(&layout), longest_(rounded_up(std::max(longest, bytes{1}), layout.alignment()).count), jobs_(capacity) {
    free_.reserve(capacity);
    waiting_.reserve(capacity);
    complete_.reserve(capacity);
    for (std::uint32_t i = capacity; i > 0; --i) free_.push_back(i - 1);
  }

  /// A transfer that cannot be started (no such expert, no room, a room too small or not aligned) is complete at once: refused.
  void submit(const transfer& what) noexcept {
    const std::uint32_t at = free_.back();
    free_.pop_back();
    jobs_[at] = job{};
    jobs_[at].what = what;
    const bool placed = what.to != nullptr && reinterpret_cast<std::uintptr_t>(what.to) % layout_->alignment().count == 0;
    if (!placed || !layout_->contains(what.expert) || layout_->footprint(what.expert) > what.size) {
      jobs_[at].status = transfer_status::refused;
      jobs_[at].system_error = EINVAL;
      complete_.push_back(at);
    } else {
      waiting_.push_back(at);
    }
  }

  /// The next piece to read; nothing if all have been taken.
  [[nodiscard]] std::optional<piece> take() noexcept {
    if (waiting_.empty()) return {};
    auto who = std::find_if(waiting_.begin(), waiting_.end(), [&](std::uint32_t i) { return jobs_[i].what.why == cause::demand; });
    if (who == waiting_.end()) who = waiting_.begin();
    job& j = jobs_[*who];
    const auto reads = layout_->reads(j.what.expert);
    const aligned_read& r = reads[j.read];
    const std::uint64_t length = std::min(longest_, r.length - j.inside);
    const std::uint64_t needed = std::min(length, r.needed - j.inside);  // what nobody needs is less than a block, at the end
    const piece cut{r.file, *who, r.file_offset + j.inside, length, needed, j.what.to + r.offset_in_slot + j.inside};
    j.inside += length;
    ++j.under_way;
    if (j.inside == r.length) {
      j.inside = 0;
      if (++j.read == reads.size()) waiting_.erase(who);
    }
    return cut;
  }

  /// What became of a piece. True if its ticket is complete now.
  bool finished(const piece& of, std::uint64_t moved, transfer_status status, std::int32_t system_error) noexcept {
    job& j = jobs_[of.job];
    --j.under_way;
    j.moved += moved;
    moved_ += moved;
    const auto queued = std::find(waiting_.begin(), waiting_.end(), of.job);
    bool more = queued != waiting_.end();
    if (status != transfer_status::arrived && j.status == transfer_status::arrived) {
      j.status = status;
      j.system_error = system_error;
    }
    if (more && j.status != transfer_status::arrived) {
      waiting_.erase(queued);
      more = false;
    }
    if (more || j.under_way > 0) return false;
    complete_.push_back(of.job);
    return true;
  }

  bool cancel(ticket which) noexcept {
    const auto found = std::find_if(waiting_.begin(), waiting_.end(), [&](std::uint32_t i) { return jobs_[i].what.number == which; });
    if (found == waiting_.end() || jobs_[*found].started()) return false;
    free_.push_back(*found);
    waiting_.erase(found);
    return true;
  }

  /// Reports complete tickets, in order of completion, and forgets them.
  std::uint32_t collect(std::span<completion> out) noexcept {
    const std::size_t told = std::min(out.size(), complete_.size());
    for (std::size_t i = 0; i < told; ++i) {
      const job& j = jobs_[complete_[i]];
      out[i] = {j.what.number, j.status, {j.moved}, j.system_error};
      free_.push_back(complete_[i]);
    }
    complete_.erase(complete_.begin(), complete_.begin() + static_cast<std::ptrdiff_t>(told));
    return static_cast<std::uint32_t>(told);
  }

  /// Forgets all that was not taken (the end of a transport).
  void drop_waiting() noexcept {
    for (const std::uint32_t i : waiting_)
      if (!jobs_[i].started()) free_.push_back(i);
    waiting_.clear();
  }

  [[nodiscard]] std::uint32_t capacity() const noexcept { return static_cast<std::uint32_t>(jobs_.size()); }
  [[nodiscard]] std::uint32_t open() const noexcept { return static_cast<std::uint32_t>(jobs_.size() - free_.size()); }
  [[nodiscard]] bool has_waiting() const noexcept { return !waiting_.empty(); }
  [[nodiscard]] bool has_complete() const noexcept { return !complete_.empty(); }
  /// Bytes that travelled since the start, also for what failed.
  [[nodiscard]] bytes moved() const noexcept { return {moved_}; }

 private:
  struct job {
    transfer what{};
    std::size_t read = 0;      // next of the expert's reads
    std::uint64_t inside = 0;  // taken of it
    std::uint64_t moved = 0;
    std::uint32_t under_way = 0;
    std::int32_t system_error = 0;
    transfer_status status = transfer_status::arrived;

    [[nodiscard]] bool started() const noexcept { return read > 0 || inside > 0; }
  };
  const expert_layout* layout_;
  std::uint64_t longest_;
  std::uint64_t moved_ = 0;
  std::vector<job> jobs_;
  std::vector<std::uint32_t> free_;
  std::vector<std::uint32_t> waiting_;   // with pieces to take, by submission
  std::vector<std::uint32_t> complete_;  // by completion
};

}  // namespace moesaic::file
