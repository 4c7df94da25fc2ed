// SPDX-License-Identifier: MIT
#include "journal_commands.hpp"

#include <fmt/format.h>

#include <optional>
#include <utility>

#include <moesaic/sim/journal_replay.hpp>
#include <moesaic/trace/hub/open_trace.hpp>
#include <moesaic/trace/journal_reader.hpp>
#include <moesaic/trace/journal_timeline.hpp>

#include "command_line/output_file.hpp"
#include "command_line/policy_choice.hpp"

namespace moesaic::tracing {
namespace {

using reader = trace::journal_reader<trace::file_bytes>;

result<reader> open_journal(const std::string& path) {
  auto bytes = trace::open_bytes(path);
  if (!bytes) return bytes.error();
  return reader::open(*std::move(bytes));
}

result<command_line::chosen_policies> policies_of(const std::string& path, const trace::journal::subject& about, const command_line::policy_libraries& more) {
  command_line::policy_names names;
  for (const auto& [slot, spec] : {std::pair{"scope", &names.scope},
                                   {"scoring", &names.scoring},
                                   {"eviction", &names.eviction},
                                   {"admission", &names.admission},
                                   {"prediction", &names.prediction},
                                   {"prefetch", &names.prefetch},
                                   {"placement", &names.placement},
                                   {"speculation", &names.speculation}}) {
    *spec = about.fact(slot);
    if (spec->empty()) return error(error_code::bad_file, path, ": does not say which ", std::string_view(slot), " its run had, so nobody can repeat it");
  }
  auto made = command_line::make_policies(names, more);
  if (!made) return error(made.error().code(), path, ": ", made.error().sentence());
  return made;
}

}  // namespace

result<std::string> verify(const options& asked, command_line::progress& shown) {
  const auto libraries = command_line::policy_libraries::open(asked.libraries);
  if (!libraries) return libraries.error();
  std::string said;
  std::uint64_t number = 0;
  for (const std::string& path : asked.traces) {
    shown.update("verifying", number++, asked.traces.size());
    auto from = open_journal(path);
    if (!from) return from.error();
    auto policies = policies_of(path, from->header().about, *libraries);
    if (!policies) return policies.error();
    const auto made = sim::replay_journal(*from, *std::move(policies));
    if (!made) return made.error();
    if (made->events == 0)
      return error(error_code::bad_file, path, made->interrupted ? ": breaks off before its run's first event" : ": is of a run without events",
                   ", so it holds nothing to verify");
    said += fmt::format("{}: {} steps, {} events, {} decisions, {}{}\n", path, made->steps, made->events, made->decisions,
                        made->compared ? "each as the policies make it again" : "made again; the journal keeps none to compare",
                        made->interrupted ? " (up to where its run broke off)" : "");
  }
  return said;
}

result<std::string> draw_timeline(const options& asked) {
  auto from = open_journal(asked.traces.front());
  if (!from) return from.error();
  auto file = command_line::output_file::open(asked.out, false);
  if (!file) return file.error();
  trace::journal_timeline<command_line::output_sink> to(command_line::output_sink(*file), from->header().about);
  to.note(from->header().as_made());
  for (;;) {
    const auto next = from->next();
    if (!next) return next.error();
    if (!*next) break;
    to.note(**next);
  }
  if (const result<void> drawn = to.finish(); !drawn) return drawn.error();
  if (const result<void> written = file->finish(); !written) return written.error();
  return fmt::format("{}: {} records of {}{}; open it with ui.perfetto.dev or chrome://tracing\n", asked.out, from->count(), asked.traces.front(),
                     from->interrupted() ? ", up to where its run broke off" : "");
}

}  // namespace moesaic::tracing
