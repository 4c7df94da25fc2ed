// SPDX-License-Identifier: MIT
#include "run_record.hpp"

#include <filesystem>
#include <utility>

#include <moesaic/core/spec.hpp>
#include "command_line/program.hpp"

namespace moesaic::decoder {

result<run_record> run_record::open(const options& o, std::string_view architecture, const command_line::policy_names& names) {
  run_record made;
  // Who may refuse a newcomer is held to the bound of who may.
  const auto admission = spec::parse(names.admission);
  made.regret_.meter.rule = admission && admission->name() == "forced" ? sim::bound_rule::forced : sim::bound_rule::optional;
  const trace::journal::subject about{std::filesystem::path(o.model).filename().string(),
                                      {{"program", "moesaic-decode " + command_line::version_text()},
                                       {"architecture", std::string(architecture)},
                                       {"scope", names.scope},
                                       {"scoring", names.scoring},
                                       {"eviction", names.eviction},
                                       {"admission", names.admission},
                                       {"prediction", names.prediction},
                                       {"prefetch", names.prefetch},
                                       {"placement", names.placement},
                                       {"speculation", names.speculation},
                                       {"draft", o.speculation.draft_text}}};
  if (!o.journal.empty()) {
    auto file = trace::file_sink::open(o.journal);
    if (!file) return file.error();
    auto writer = trace::journal_writer<trace::file_sink>::open(std::move(*file), about);
    if (!writer) return writer.error();
    made.journal_.emplace(std::move(*writer));
  }
  if (!o.timeline.empty()) {
    auto file = trace::file_sink::open(o.timeline);
    if (!file) return file.error();
    made.timeline_.emplace(std::move(*file), about);
  }
  return made;
}

result<void> run_record::finish(bool at_its_end, const counters& count) {
  const result<void> kept = !journal_ ? result<void>() : at_its_end ? journal_->finish(count) : journal_->close();
  const result<void> drawn = timeline_ ? timeline_->finish() : result<void>();
  journal_.reset();
  timeline_.reset();
  return kept ? drawn : kept;
}

}  // namespace moesaic::decoder
