// SPDX-License-Identifier: MIT
#include "options.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <moesaic/version.hpp>
#include <utility>

namespace moesaic::replaying {
namespace {

constexpr const char* usage =
    R"(Replays recorded routing and says what eviction and admission policies are worth, beside the clairvoyant bound.

usage: moesaic-replay TRACE... --capacity 12.5%,25%,4000MiB --eviction lru,lrfu(32),belady [options]

TRACE           a MOETRC1 file, plain, .xz or .gz; each is a run of its own. Every combination of the lists below is a row.
--capacity      how much fits: shares of all experts, or bytes
--eviction      lru, fifo, lfu, lrfu(half_life), random(seed), belady
--admission     forced (every miss is kept), optional (the best by the policy's key are), staging_only; (forced)
--window        tokens per step (1)
--scope         layer: a pool for each layer; global: one for all; (layer)
--unit          experts|bytes: what a pool counts; a capacity in bytes always counts bytes (experts)
--expert-bytes  size of one expert, for formats that have no sizes
--recency       event: experts of one event are equally recent, the lower id leaves first;
                rank: what the router named later is more recent; only lru differs; (event)
--reset         no: cache and policies live through the whole trace; sequence: they start anew with each; (no)
--json          write the rows to a file, or to standard output with -
--forecast, --report (later versions)
--help  --version
)";

error bad(std::string_view option, std::string_view value, std::string_view what) {
  return error(error_code::bad_argument, option, " '", value, "': ", what);
}

// CLI11 explains in its own words; ours name the program's help.
error explained(const CLI::ParseError& why) {
  std::string words = why.what();
  std::replace(words.begin(), words.end(), '\n', ' ');
  while (!words.empty() && (words.back() == ' ' || words.back() == '.')) words.pop_back();
  return error(error_code::bad_argument, words, "; see moesaic-replay --help");
}

std::optional<std::uint64_t> whole_number(std::string_view text, std::uint64_t least, std::uint64_t most) {
  std::uint64_t value = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failed != std::errc{} || end != text.data() + text.size() || value < least || value > most) return std::nullopt;
  return value;
}

struct raw_options {
  std::string capacity, unit = "experts", expert_bytes, scope = "layer", eviction, admission = "forced", window = "1", recency = "event",
              forecast, reset = "no", report;
};

/// Reads a word that has two possible values; true for the second.
result<bool> second_of(std::string_view option, std::string_view value, std::string_view first, std::string_view second) {
  if (value == first) return false;
  if (value == second) return true;
  return error(error_code::bad_argument, option, " '", value, "': expected ", first, " or ", second);
}

result<void> read_lists(options& o, const raw_options& raw, sim::unit counted) {
  for (const std::string& text : split_list(raw.capacity)) {
    const result<sim::capacity> amount = sim::capacity::parse(text);
    if (!amount) return error(amount.error().code(), "--capacity: ", amount.error().sentence());
    o.capacities.push_back({text, *amount, amount->in_bytes() ? sim::unit::bytes : counted});
    if (o.capacities.back().unit == sim::unit::bytes && !o.expert_bytes)
      return bad("--capacity", text, "counting bytes needs the size of an expert, which MOETRC1 does not hold; give --expert-bytes N");
  }
  for (const std::string& text : split_list(raw.window)) {
    const std::optional<std::uint64_t> window = whole_number(text, 1, 65'535);
    if (!window) return bad("--window", text, "expected whole numbers of tokens from 1 to 65535");
    o.windows.push_back(static_cast<std::uint32_t>(*window));
  }
  for (const std::string& text : split_list(raw.eviction)) {
    const result<eviction_choice> chosen = choose_eviction(text, o.order);
    if (!chosen) return chosen.error();
    o.evictions.push_back(*chosen);
  }
  for (const std::string& text : split_list(raw.admission)) {
    const result<admission_choice> chosen = choose_admission(text);
    if (!chosen) return chosen.error();
    o.admissions.push_back(*chosen);
    for (const eviction_choice& e : o.evictions)
      if (chosen->policy.displaces_own_event() && !e.keyed())
        return error(error_code::bad_argument, "--admission ", text, " keeps the best by the eviction policy's key, but ", e.text,
                     " has no key; take another of the two");
  }
  return {};
}

result<options> checked(std::vector<std::string> traces, std::string json, const raw_options& raw) {
  options o;
  o.traces = std::move(traces);
  o.json = std::move(json);
  if (!raw.forecast.empty()) return error(error_code::bad_argument, "--forecast is not available in this version; leave it out");
  if (!raw.report.empty()) return error(error_code::bad_argument, "--report is not available in this version; take --json");
  if (o.traces.empty()) return error(error_code::bad_argument, "no trace given; name at least one file, see moesaic-replay --help");
  if (raw.capacity.empty()) return error(error_code::bad_argument, "no capacity given; say how much fits with --capacity 25%");
  if (raw.eviction.empty()) return error(error_code::bad_argument, "no eviction policy given; name some with --eviction lru,belady");
  const result<bool> in_bytes = second_of("--unit", raw.unit, "experts", "bytes");
  if (!in_bytes) return in_bytes.error();
  const result<bool> one_pool = second_of("--scope", raw.scope, "layer", "global");
  if (!one_pool) return one_pool.error();
  const result<bool> by_rank = second_of("--recency", raw.recency, "event", "rank");
  if (!by_rank) return by_rank.error();
  const result<bool> reset = second_of("--reset", raw.reset, "no", "sequence");
  if (!reset) return reset.error();
  o.one_pool = *one_pool;
  o.order = *by_rank ? recency::by_rank : recency::by_event;
  o.reset_each_sequence = *reset;
  if (!raw.expert_bytes.empty()) {
    const std::optional<std::uint64_t> size = whole_number(raw.expert_bytes, 1, std::uint64_t{1} << 36U);
    if (!size) return bad("--expert-bytes", raw.expert_bytes, "expected a whole number of bytes from 1 to 68719476736");
    o.expert_bytes = bytes{*size};
  }
  if (const result<void> lists = read_lists(o, raw, *in_bytes ? sim::unit::bytes : sim::unit::experts); !lists) return lists.error();
  return o;
}

}  // namespace

result<std::variant<options, std::string>> read_options(int argc, const char* const* argv) {
  using answer = std::variant<options, std::string>;
  CLI::App app;
  app.set_help_flag();
  std::vector<std::string> traces;
  std::string json;
  raw_options raw;
  bool help = false, version = false;
  app.add_option("traces", traces);
  app.add_option("--json", json);
  for (const auto& [name, value] : {std::pair<const char*, std::string*>{"--capacity", &raw.capacity},
                                    {"--unit", &raw.unit},
                                    {"--expert-bytes", &raw.expert_bytes},
                                    {"--scope", &raw.scope},
                                    {"--eviction", &raw.eviction},
                                    {"--admission", &raw.admission},
                                    {"--window", &raw.window},
                                    {"--recency", &raw.recency},
                                    {"--forecast", &raw.forecast},
                                    {"--reset", &raw.reset},
                                    {"--report", &raw.report}})
    app.add_option(name, *value);
  app.add_flag("--help,-h", help);
  app.add_flag("--version", version);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& why) {
    return explained(why);
  }
  if (help) return answer(std::string(usage));
  if (version)
    return answer("moesaic-replay " + std::to_string(moesaic::version.major) + "." + std::to_string(moesaic::version.minor) + "." +
                  std::to_string(moesaic::version.patch) + "\n");
  result<options> o = checked(std::move(traces), std::move(json), raw);
  if (!o) return o.error();
  return answer(*std::move(o));
}

}  // namespace moesaic::replaying
