// SPDX-License-Identifier: MIT
#pragma once

#include <type_traits>
#include <utility>
#include <variant>

#include <moesaic/trace/journal_blocks.hpp>
#include <moesaic/trace/journal_encoder.hpp>

namespace moesaic::trace {

/// Writes the journal of a residency: models witness, so a bundle refers to it from its member `witness`.
///
/// What has been written is readable up to the last complete step, however the run ends; `finish` makes it complete.
/// Cost: about 1 byte a field and 6 for each route with its weight; a buffer of 64 KiB, written at the end of each step and
/// when it is full, which is the one moment a decision waits for a file. No allocation after `made`.
template <byte_sink Sink>
class journal_writer {
 public:
  /// `decisions` false: only what a replay needs is kept. Errors: the sink's.
  [[nodiscard]] static result<journal_writer> open(Sink to, journal::subject about, bool decisions = true) {
    journal_writer made(std::move(to), std::move(about), decisions);
    if (result<void> started = made.encoder_.out().open(); !started) return started.error();
    return result<journal_writer>(std::move(made));
  }

  void note(const seen::made& made) {
    encoder_.begin(about_, made, decisions_);
    encoder_.out().flush();
    live_ = true;
  }
  template <class Seen>
  void note(const Seen& what) noexcept {
    if (!live_) return;
    if constexpr (journal::is_decision<Seen>)
      if (!decisions_) return;
    encoder_.put(what);
    if constexpr (std::is_same_v<Seen, step_outcome>) encoder_.out().flush();
  }
  /// The same for one that was read.
  void note(const journal::record& what) noexcept {
    std::visit([this](const auto& one) { this->note(one); }, what);
  }

  /// The run has come to its end. Errors: the first write that failed, also an earlier one.
  result<void> finish(const counters& count) {
    note(journal::counted{count});
    note(journal::ended{});
    return close();
  }
  /// The run broke off: writes what there is, without an end. Errors as above.
  result<void> close() {
    live_ = false;
    encoder_.out().flush();
    if (encoder_.out().failure()) return *encoder_.out().failure();
    return {};
  }

 private:
  journal_writer(Sink to, journal::subject about, bool decisions)
      : encoder_(journal::block_writer<Sink>(std::move(to))), about_(std::move(about)), decisions_(decisions) {}

  journal::encoder<journal::block_writer<Sink>> encoder_;
  journal::subject about_;
  bool decisions_;
  bool live_ = false;
};
static_assert(witness<journal_writer<memory_sink>>);

}  // namespace moesaic::trace
