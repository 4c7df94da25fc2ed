// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include <moesaic/transport/tape.hpp>

namespace moesaic::transports {

/// Answers from a tape what the recorded transport had answered: a run repeated without files, devices and time.
/// It writes nothing into rooms. As soon as it is asked anything else than what stands on the tape (or the tape ends),
/// it has diverged: `diverged_at` says where, the clock stands, and everything open or submitted later is reported as
/// refused, so that the contract still holds and nobody hangs.
/// Cost: O(1) a call (submissions and cancels O(open tickets)), no allocation after construction.
class replayed {
 public:
  explicit replayed(tape from) : tape_(std::move(from)) { open_.reserve(tape_.capacity()); }

  [[nodiscard]] std::uint32_t capacity() const noexcept { return tape_.capacity(); }
  void submit(const transfer& what) noexcept {
    open_.push_back(what.number);
    if (const tape_entry* const e = expect(kind::submitted)) {
      if (e->about == what.number && e->expert == what.expert && e->amount == what.size && e->why == what.why)
        ++at_;
      else
        diverged_ = true;
    }
  }
  std::uint32_t poll(std::span<completion> out) noexcept {
    const tape_entry* const e = expect(kind::polled);
    if (e == nullptr) return refuse(out);
    if (e->count > 0) return tell(*e, out);
    if (++asked_ == e->times) {
      asked_ = 0;
      ++at_;
    }
    return 0;
  }
  std::uint32_t wait(std::span<completion> out) noexcept {
    const tape_entry* const e = expect(kind::waited);
    return e == nullptr ? refuse(out) : tell(*e, out);
  }
  bool cancel(ticket which) noexcept {
    const tape_entry* const e = expect(kind::cancelled);
    if (e == nullptr) return false;
    if (e->about != which) {
      diverged_ = true;
      return false;
    }
    ++at_;
    if (e->count != 0) std::erase(open_, which);
    return e->count != 0;
  }
  [[nodiscard]] link_cost cost() const noexcept {
    if (const tape_entry* const e = expect(kind::cost)) {
      cost_ = {e->time, {e->rate}};
      ++at_;
    }
    return cost_;
  }
  nanoseconds now() noexcept {
    if (const tape_entry* const e = expect(kind::clock)) {
      now_ = e->time;
      ++at_;
    }
    return now_;
  }

  [[nodiscard]] bool diverged() const noexcept { return diverged_; }
  /// Index of the next entry of the tape; where it diverged, the entry that was not asked for.
  [[nodiscard]] std::size_t position() const noexcept { return at_; }
  /// Whether the whole tape has been asked for, and nothing else.
  [[nodiscard]] bool finished() const noexcept { return !diverged_ && at_ == tape_.entries().size(); }

 private:
  using kind = tape_entry::kind;

  /// The next entry if it is of this kind; else the run has diverged.
  const tape_entry* expect(kind call) const noexcept {
    if (!diverged_ && at_ < tape_.entries().size() && tape_.entries()[at_].what == call) return &tape_.entries()[at_];
    diverged_ = true;
    return nullptr;
  }
  std::uint32_t tell(const tape_entry& call, std::span<completion> out) noexcept {
    const auto told = tape_.entries().subspan(at_ + 1);
    if (call.count > out.size() || call.count > told.size()) {  // asked with less room, or the tape is cut
      diverged_ = true;
      return refuse(out);
    }
    for (std::uint32_t i = 0; i < call.count; ++i) {
      const tape_entry& c = told[i];
      out[i] = {c.about, c.status, c.amount, c.system_error};
      std::erase(open_, c.about);
    }
    at_ += 1 + call.count;
    return call.count;
  }
  std::uint32_t refuse(std::span<completion> out) noexcept {
    std::uint32_t n = 0;
    while (n < out.size() && !open_.empty()) {
      out[n++] = {open_.back(), transfer_status::refused, {}, 0};
      open_.pop_back();
    }
    return n;
  }

  tape tape_;
  std::vector<ticket> open_;
  std::uint32_t asked_ = 0;  // of a row of empty polls
  nanoseconds now_{};
  mutable link_cost cost_{{}, {1e9}};
  mutable std::size_t at_ = 0;  // cost() is a question, and moves on the tape all the same
  mutable bool diverged_ = false;
};

static_assert(transport<replayed>, "replayed no longer models transport");

}  // namespace moesaic::transports
