// SPDX-License-Identifier: MIT
#include "speculation_choice.hpp"

#include <charconv>
#include <cmath>

#include <moesaic/core/spec.hpp>
#include <moesaic/runtime/offload_runtime.hpp>
#include <moesaic/speculation/catalogue.hpp>

#include "command_line/amounts.hpp"

namespace moesaic::decoder {
namespace {

result<nanoseconds> milliseconds_of(std::string_view text) {
  double value = 0;
  const auto [end, wrong] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (wrong != std::errc{} || end != text.data() + text.size() || !(value > 0) || !(value <= 1e9))
    return error(error_code::bad_argument, "--slo cannot be '", text.substr(0, 40), "'; give the wanted time of a step in milliseconds, as 50 or 12.5");
  return nanoseconds{static_cast<std::int64_t>(std::llround(value * 1e6))};
}

}  // namespace

std::string speculation_choice::governor_spec(std::string_view of_system) const {
  if (governor) return *governor;
  const auto own = spec::parse(of_system);
  if (draft.none() || !own || own->name() != "fixed") return std::string(of_system);
  const auto own_length = own->number("length", 0, 0, forecast::longest_window - 1, true);
  const auto stop = own->number("stop_below", 0, 0, 100);
  if (!own_length || !stop) return std::string(of_system);
  const std::uint64_t tokens = length ? *length : *own_length != 0 ? *own_length : usual_length;
  return "fixed(" + std::to_string(tokens) + (*stop != 0 ? ",stop_below=" + std::to_string(*stop) : "") + ")";
}

result<void> speculation_choice::check_time_limit(std::string_view governor_spec) const {
  const auto parsed = spec::parse(governor_spec);
  if (time_limit.count == 0 || (!draft.none() && (!parsed || speculation::reads_time_limit(parsed->name())))) return {};
  error unread(error_code::bad_argument, "--slo is for governors that decide by time, and ");
  if (draft.none())
    unread.append("nothing is drafted here; add a --draft and one of these as --governor:");
  else
    unread.append(parsed->name()).append(" does not; choose with --governor one of");
  for (const auto& e : speculation::entries())
    if (speculation::reads_time_limit(e.name)) unread.append(" ").append(e.name);
  return unread;
}

result<speculation_choice> speculation_choice::parse(std::string_view draft, std::string_view length, std::string_view governor, std::string_view time_limit) {
  speculation_choice c;
  auto request = draft_request::parse(draft);
  if (!request) return request.error();
  c.draft = std::move(*request);
  c.draft_text = draft;
  if (!length.empty()) {
    const auto tokens = command_line::whole_number("--draft-length", length, 0, forecast::longest_window - 1);
    if (!tokens) return tokens.error();
    c.length = static_cast<std::uint32_t>(*tokens);
  }
  if (!governor.empty()) {
    if (const auto made = speculation::make(governor); !made) return error(made.error().code(), "--governor: ", made.error().sentence());
    c.governor = governor;
  }
  if (!time_limit.empty()) {
    const auto limit = milliseconds_of(time_limit);
    if (!limit) return limit.error();
    c.time_limit = *limit;
  }
  return c;
}

}  // namespace moesaic::decoder
