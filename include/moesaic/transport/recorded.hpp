// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>

#include <moesaic/transport/hand_held.hpp>
#include <moesaic/transport/tape.hpp>

namespace moesaic::transports {

/// Hands everything through to the transport it owns and keeps a tape of it: `replayed` answers from such a tape, so that a
/// run with real files and a real clock can be repeated decision by decision.
/// Cost: one tape entry a call (a row of empty polls is one) and one per completion; no allocation after construction.
template <transport T>
class recorded {
 public:
  explicit recorded(T link, std::size_t most_entries = 65'536) : link_(std::move(link)), tape_(most_entries, link_.capacity()) {}

  [[nodiscard]] std::uint32_t capacity() const noexcept { return link_.capacity(); }
  void submit(const transfer& what) noexcept {
    tape_.add({.what = kind::submitted, .why = what.why, .expert = what.expert, .about = what.number, .amount = what.size});
    link_.submit(what);
  }
  std::uint32_t poll(std::span<completion> out) noexcept {
    const std::uint32_t n = link_.poll(out);
    if (n == 0)
      tape_.add_empty_poll();
    else
      add(kind::polled, out.first(n));
    return n;
  }
  std::uint32_t wait(std::span<completion> out) noexcept {
    const std::uint32_t n = link_.wait(out);
    add(kind::waited, out.first(n));
    return n;
  }
  bool cancel(ticket which) noexcept {
    const bool withdrawn = link_.cancel(which);
    tape_.add({.what = kind::cancelled, .count = withdrawn ? 1U : 0U, .about = which});
    return withdrawn;
  }
  [[nodiscard]] link_cost cost() const noexcept {
    const link_cost c = link_.cost();
    tape_.add({.what = kind::cost, .time = c.overhead, .rate = c.rate.count});
    return c;
  }
  nanoseconds now() noexcept {
    const nanoseconds t = link_.now();
    tape_.add({.what = kind::clock, .time = t});
    return t;
  }
  void advance(nanoseconds passed) noexcept
    requires hand_held<T>
  {
    link_.advance(passed);  // not on the tape: what it changes is seen in the readings
  }
  /// What happened so far.
  [[nodiscard]] const tape& so_far() const noexcept { return tape_; }
  [[nodiscard]] std::optional<error> explain(expert_id e, const completion& how) const noexcept
    requires explaining_transport<T>
  {
    return link_.explain(e, how);
  }
  [[nodiscard]] T& inner() noexcept { return link_; }
  [[nodiscard]] const T& inner() const noexcept { return link_; }

 private:
  using kind = tape_entry::kind;
  void add(kind call, std::span<const completion> told) noexcept {
    tape_.add({.what = call, .count = static_cast<std::uint32_t>(told.size())});
    for (const completion& c : told)
      tape_.add({.what = kind::completed, .status = c.status, .system_error = c.system_error, .about = c.number, .amount = c.moved});
  }
  T link_;
  mutable tape tape_;  // cost() is a question, and belongs on the tape all the same
};

}  // namespace moesaic::transports
