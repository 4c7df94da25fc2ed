// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>

#include <moesaic/concepts/witness.hpp>
#include <moesaic/sim/regret_witness.hpp>
#include <moesaic/trace/journal_timeline.hpp>
#include <moesaic/trace/journal_writer.hpp>

#include "command_line/policy_choice.hpp"
#include "options.hpp"

namespace moesaic::decoder {

/// Watches a run: models witness. A meter of regret is always there; what --journal and --timeline write is one comparison with
/// nothing where it is not wanted.
class run_record {
 public:
  /// Errors: cannot_open.
  [[nodiscard]] static result<run_record> open(const options& o, std::string_view architecture, const command_line::policy_names& names);

  void note(const seen::made& made) {
    regret_.note(made);
    if (journal_) journal_->note(made);
    if (timeline_) timeline_->note(made);
  }
  template <class Seen>
  void note(const Seen& what) noexcept {
    regret_.note(what);
    if (journal_) journal_->note(what);
    if (timeline_) timeline_->note(what);
  }
  /// The run is over, at its end or before. Errors: the first write that failed.
  [[nodiscard]] result<void> finish(bool at_its_end, const counters& count);

  /// What the last steps missed, and what they had to.
  [[nodiscard]] sim::window_counts regret() noexcept { return regret_.meter.measure(); }

 private:
  run_record() = default;
  sim::regret_witness regret_;
  std::optional<trace::journal_writer<trace::file_sink>> journal_;
  std::optional<trace::journal_timeline<trace::file_sink>> timeline_;
};
static_assert(witness<run_record>);

/// The policies of a run that may be watched.
struct watched_policies : command_line::chosen_policies {
  watched_by<run_record> witness;
};
static_assert(explain_policy_bundle<watched_policies>());

}  // namespace moesaic::decoder
