// SPDX-License-Identifier: MIT
#include "policy_choice.hpp"

#include <moesaic/systems/catalogue.hpp>
#include <moesaic/systems/completed.hpp>
#include <utility>

namespace moesaic::command_line {
namespace {

void append_line(std::string& to, std::string_view name, std::string_view help, std::size_t width) {
  to.append(name).append(name.size() < width ? width - name.size() : 0, ' ').append("  ").append(help).append("\n");
}

template <class Entries>
std::string lines_of(const Entries& entries) {
  std::string out;
  for (const auto& e : entries) {
    std::string written(e.name);
    if (!e.arguments.empty()) written.append("(").append(e.arguments).append(")");
    append_line(out, written, e.help, 36);
  }
  return out;
}

std::string_view name_in(std::string_view spec_text) {
  const auto parsed = spec::parse(spec_text);
  return parsed ? parsed->name() : spec_text;
}

error about(std::string_view option, const error& why) { return error(why.code(), "--", option, ": ", why.sentence()); }

}  // namespace

result<policy_names> choose_policies(std::string_view system, const named_parts& named) {
  auto parts = systems::find(system);
  if (!parts) return about("system", parts.error());
  const auto replace = [](std::string_view& part, const std::optional<std::string>& by) {
    if (by) part = *by;
  };
  replace(parts->scope, named.scope);
  replace(parts->scoring, named.scoring);
  replace(parts->eviction, named.eviction);
  replace(parts->admission, named.admission);
  replace(parts->prediction, named.prediction);
  replace(parts->prefetch, named.prefetch);
  replace(parts->placement, named.placement);
  const auto whole = systems::completed(*parts, {.scoring = named.scoring.has_value(),
                                                 .eviction = named.eviction.has_value(),
                                                 .admission = named.admission.has_value(),
                                                 .prediction = named.prediction.has_value(),
                                                 .prefetch = named.prefetch.has_value()});
  const auto own = [](std::string_view text) { return std::string(text); };
  return policy_names{own(whole.scope),      own(whole.scoring),  own(whole.eviction),  own(whole.admission),
                      own(whole.prediction), own(whole.prefetch), own(whole.placement), own(whole.speculation)};
}

result<eviction::any> make_eviction(std::string_view text, const policy_libraries& more) {
  const auto parsed = spec::parse(text);
  const eviction::exported* const foreign = parsed ? more.find(parsed->name()) : nullptr;
  if (foreign == nullptr) {
    auto made = eviction::make(text);
    if (made || made.error().code() != error_code::unknown_name) return made;
    error unknown = made.error();
    for (const eviction::exported& one : more.offered()) unknown.append(" ").append(one.entry.name);
    return unknown;
  }
  auto made = foreign->make(*parsed);
  if (!made) return made.error();
  return eviction::any(*std::move(made));
}

result<chosen_policies> make_policies(const policy_names& names, const policy_libraries& more) {
  auto scored = scoring::make(names.scoring);
  if (!scored) return about("scoring", scored.error());
  auto evicted_by = make_eviction(names.eviction, more);
  if (!evicted_by) return about("eviction", evicted_by.error());
  auto admitted_by = admission::make(names.admission);
  if (!admitted_by) return about("admission", admitted_by.error());
  auto predicted = prediction::make(names.prediction);
  if (!predicted) return about("prediction", predicted.error());
  auto prefetched = prefetch::make(names.prefetch);
  if (!prefetched) return about("prefetch", prefetched.error());
  auto placed = placement::make(names.placement);
  if (!placed) return about("placement", placed.error());
  auto governed = speculation::make(names.speculation);
  if (!governed) return about("governor", governed.error());
  if (name_in(names.admission) == "optional" && !evicted_by->keyed())
    return error(error_code::bad_argument, "--admission optional compares keys, and --eviction ", names.eviction,
                 " has none; choose lru, fifo, lfu or lrfu with it");
  return chosen_policies{{names.scope == "layer"}, std::move(*scored),     std::move(*evicted_by), std::move(*admitted_by),
                         std::move(*predicted),    std::move(*prefetched), std::move(*placed),     std::move(*governed)};
}

std::string list_systems() {
  std::string out;
  for (const systems::description& s : systems::entries()) append_line(out, s.name, s.help, 14);
  return out;
}

std::string list_policies(std::string_view slot, const policy_libraries& more) {
  if (slot == "eviction") {
    std::string lines = lines_of(eviction::entries());
    for (const eviction::exported& one : more.offered()) append_line(lines, one.entry.name, one.entry.help, 36);
    return lines;
  }
  if (slot == "admission") return lines_of(admission::entries());
  if (slot == "scoring") return lines_of(scoring::entries());
  if (slot == "prediction") return lines_of(prediction::entries());
  if (slot == "prefetch") return lines_of(prefetch::entries());
  if (slot == "governor") return lines_of(speculation::entries());
  return lines_of(placement::entries());
}

}  // namespace moesaic::command_line
