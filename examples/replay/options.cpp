// SPDX-License-Identifier: MIT
#include "options.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <initializer_list>
#include <thread>
#include <utility>

#include "command_line/amounts.hpp"
#include "command_line/arguments.hpp"
#include "command_line/lists.hpp"
#include "command_line/policy_options.hpp"

namespace moesaic::replaying {
namespace {

constexpr const char* usage =
    R"(Says what eviction and admission policies are worth on recorded routing, beside the best possible.

usage: moesaic-replay TRACE... --capacity 12.5%,25%,4000MiB --eviction lru,lrfu(32),belady [options]

TRACE           any format the library reads; each is a run of its own, each combination a row
--capacity      shares of all experts, or bytes        --scope  layer|global: pools (layer)
--eviction      EVICTIONS
--admission     ADMISSIONS
--window        tokens per step without batches (1)    --reset  no|sequence: start anew (no)
--unit          experts|bytes: what a pool counts; a capacity in bytes always counts bytes (experts)
--expert-bytes  instead of what the trace says         --experts, --top-k  where it does not say
--recency       event|rank: is what the router named later more recent? only lru differs (event)
--forecast      m=4,survival=0.7,seed=0: routes are told m tokens ahead, each right with that chance
--accesses      event|one-by-one: the latter only to compare with object caches (event)
--policies      FILE.so: more eviction policies, from a library; may be repeated
--jobs          rows at once (all processors)          --per-layer  misses of layers in the JSON too
--resume        FILE: finished rows are kept there, and those found there are not computed again
--json          write the rows to a file, or to standard output with -
--report        an HTML page with charts; --link 16GB/s --compute 5ms: where its sliders start
--help  --version
)";

/// What an option may be, in lines of at most 100 columns that begin behind its name.
template <class Entries>
std::string choices(const Entries& entries, bool (*reads_scores)(std::string_view), std::initializer_list<std::string> more) {
  std::vector<std::string> words;
  for (const catalogue_entry& e : entries)
    if (!reads_scores(e.name)) words.push_back(std::string(e.name) + (e.arguments.empty() ? "" : "(" + std::string(e.arguments) + ")"));
  words.insert(words.end(), more);
  std::string lines;
  std::size_t width = 16;
  for (const std::string& word : words) {
    if (width + word.size() > 100) {
      lines += "\n               ";
      width = 16;
    }
    if (!lines.empty()) lines += ' ';
    lines += word;
    width += word.size() + 1;
  }
  return lines;
}

std::string help() {
  std::string text = usage;
  const auto put = [&](std::string_view place, const std::string& words) { text.replace(text.find(place), place.size(), words); };
  put("EVICTIONS", choices(eviction::entries(), eviction::reads_scores, {"belady", "belady_by_bytes"}));
  put("ADMISSIONS", choices(admission::entries(), admission::reads_scores, {"(forced)"}));
  return text;
}

error bad(std::string_view option, std::string_view value, std::string_view what) { return error(error_code::bad_argument, option, " '", value, "': ", what); }

struct raw_options {
  std::string capacity, unit = "experts", expert_bytes, experts, top_k, scope = "layer", eviction, admission = "forced", window = "1", recency = "event",
                        forecast, accesses = "event", reset = "no", jobs, link, compute;
  std::vector<std::string> policies;
};

/// Reads a word that has two possible values; true for the second.
result<bool> second_of(std::string_view option, std::string_view value, std::string_view first, std::string_view second) {
  if (value == first) return false;
  if (value == second) return true;
  return error(error_code::bad_argument, option, " '", value, "': expected ", first, " or ", second);
}

result<void> read_lists(options& o, const raw_options& raw, sim::unit counted) {
  for (const std::string& text : command_line::split_list(raw.capacity)) {
    const result<sim::capacity> amount = sim::capacity::parse(text);
    if (!amount) return error(amount.error().code(), "--capacity: ", amount.error().sentence());
    o.capacities.push_back({text, *amount, amount->in_bytes() ? sim::unit::bytes : counted});
  }
  for (const std::string& text : command_line::split_list(raw.window)) {
    const std::optional<std::uint64_t> window = command_line::whole_number(text, 1, 65'535);
    if (!window) return bad("--window", text, "expected whole numbers of tokens from 1 to 65535");
    o.windows.push_back(static_cast<std::uint32_t>(*window));
  }
  for (const std::string& text : command_line::split_list(raw.eviction)) {
    const result<eviction_choice> chosen = choose_eviction(text, o.order, o.libraries);
    if (!chosen) return chosen.error();
    o.evictions.push_back(*chosen);
  }
  for (const std::string& text : command_line::split_list(raw.admission)) {
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

/// `m=4,survival=0.7,seed=0`
result<forecast_choice> read_forecast(const std::string& text) {
  forecast_choice chosen{text, {}};
  bool tokens = false;
  for (const std::string& part : command_line::split_list(text)) {
    const std::size_t equals = part.find('=');
    const std::string name = part.substr(0, equals), value = equals == std::string::npos ? "" : part.substr(equals + 1);
    if (name == "m") {
      const auto m = command_line::whole_number(value, 1, forecast::longest_window);
      if (!m) return bad("--forecast", text, "m has to be a whole number of tokens from 1 to 64");
      chosen.how.tokens = static_cast<std::uint32_t>(*m);
      tokens = true;
    } else if (name == "survival") {
      const auto [end, failed] = std::from_chars(value.data(), value.data() + value.size(), chosen.how.survival);
      if (failed != std::errc{} || end != value.data() + value.size() || !(chosen.how.survival >= 0 && chosen.how.survival <= 1))
        return bad("--forecast", text, "survival has to be a probability from 0 to 1");
    } else if (name == "seed") {
      const auto seed = command_line::whole_number(value, 0, ~std::uint64_t{});
      if (!seed) return bad("--forecast", text, "seed has to be a whole number");
      chosen.how.seed = *seed;
    } else {
      return bad("--forecast", text, "expected m=4,survival=0.7,seed=0");
    }
  }
  if (!tokens) return bad("--forecast", text, "say how many tokens are known ahead with m=4");
  return chosen;
}

result<void> read_words(options& o, const raw_options& raw) {
  const struct {
    const char* option;
    const std::string& value;
    const char *first, *second;
    bool& says;
  } words[] = {{"--scope", raw.scope, "layer", "global", o.one_pool},
               {"--reset", raw.reset, "no", "sequence", o.reset_each_sequence},
               {"--accesses", raw.accesses, "event", "one-by-one", o.one_by_one}};
  for (const auto& word : words) {
    const result<bool> said = second_of(word.option, word.value, word.first, word.second);
    if (!said) return said.error();
    word.says = *said;
  }
  const result<bool> by_rank = second_of("--recency", raw.recency, "event", "rank");
  if (!by_rank) return by_rank.error();
  o.order = *by_rank ? recency::by_rank : recency::by_event;
  return {};
}

/// `5ms`, `0.2s`, `300us`, in seconds.
std::optional<double> duration(std::string_view text) {
  double value = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
  const std::string_view unit = text.substr(static_cast<std::size_t>(end - text.data()));
  const double scale = unit == "us" ? 1e-6 : unit == "ms" ? 1e-3 : unit == "s" ? 1 : 0;
  if (failed != std::errc{} || !(value * scale >= 1e-9 && value * scale <= 1e6)) return std::nullopt;
  return value * scale;
}

/// What only a report uses.
result<void> read_report(options& o, const raw_options& raw) {
  if (o.report == "-") return bad("--report", o.report, "standard output has the table or the JSON; name a file");
  if (!o.report.empty() && o.report == o.json) return bad("--report", o.report, "--json goes there; name another file");
  o.per_layer = o.per_layer || !o.report.empty();  // its map of layers
  if (o.report.empty() && !(raw.link.empty() && raw.compute.empty()))
    return error(error_code::bad_argument, "--link and --compute say where the sliders of a report start; name its file with --report, or leave them out");
  if (!raw.link.empty()) {
    const result<bytes_per_second> link = command_line::parse_rate(raw.link, "--link");
    if (!link) return link.error();
    o.link = *link;
  }
  if (!raw.compute.empty()) {
    o.compute = duration(raw.compute);
    if (!o.compute) return bad("--compute", raw.compute, "expected a time per token such as 300us, 5ms or 0.2s");
  }
  return {};
}

result<void> read_numbers(options& o, const raw_options& raw) {
  if (!raw.expert_bytes.empty()) {
    const std::optional<std::uint64_t> size = command_line::whole_number(raw.expert_bytes, 1, std::uint64_t{1} << 36U);
    if (!size) return bad("--expert-bytes", raw.expert_bytes, "expected a whole number of bytes from 1 to 68719476736");
    o.expert_bytes = bytes{*size};
  }
  o.jobs = std::max(1U, std::thread::hardware_concurrency());
  const struct {
    const char* option;
    const std::string& value;
    std::uint64_t most;
    std::uint32_t& number;
  } numbers[] = {{"--jobs", raw.jobs, 1024, o.jobs}, {"--experts", raw.experts, 65'535, o.experts}, {"--top-k", raw.top_k, 65'535, o.top_k}};
  for (const auto& one : numbers) {
    if (one.value.empty()) continue;
    const result<std::uint64_t> number = command_line::whole_number(one.option, one.value, 1, one.most);
    if (!number) return number.error();
    one.number = static_cast<std::uint32_t>(*number);
  }
  return {};
}

result<options> checked(options o, const raw_options& raw) {
  if (o.traces.empty()) return error(error_code::bad_argument, "no trace given; name at least one file, see moesaic-replay --help");
  if (raw.capacity.empty()) return error(error_code::bad_argument, "no capacity given; say how much fits with --capacity 25%");
  if (raw.eviction.empty()) return error(error_code::bad_argument, "no eviction policy given; name some with --eviction lru,belady");
  const result<bool> in_bytes = second_of("--unit", raw.unit, "experts", "bytes");
  if (!in_bytes) return in_bytes.error();
  if (const result<void> words = read_words(o, raw); !words) return words.error();
  if (const result<void> numbers = read_numbers(o, raw); !numbers) return numbers.error();
  if (!raw.forecast.empty()) {
    const result<forecast_choice> told = read_forecast(raw.forecast);
    if (!told) return told.error();
    o.forecast = *told;
  }
  const result<command_line::policy_libraries> libraries = command_line::policy_libraries::open(raw.policies);
  if (!libraries) return libraries.error();
  o.libraries = *libraries;
  if (const result<void> lists = read_lists(o, raw, *in_bytes ? sim::unit::bytes : sim::unit::experts); !lists) return lists.error();
  if (o.one_by_one && (o.windows != std::vector<std::uint32_t>{1} || o.forecast || o.order == recency::by_rank))
    return error(error_code::bad_argument,
                 "--accesses one-by-one knows neither windows nor forecasts nor ranks within an event; leave --window, "
                 "--forecast and --recency out");
  if (const result<void> report = read_report(o, raw); !report) return report.error();
  return o;
}

}  // namespace

result<std::variant<options, std::string>> read_options(int argc, const char* const* argv) {
  using answer = std::variant<options, std::string>;
  CLI::App app;
  options asked;
  raw_options raw;
  app.add_option("traces", asked.traces);
  command_line::add_policies_option(app, raw.policies);
  for (const auto& [name, value] : {std::pair<const char*, std::string*>{"--capacity", &raw.capacity},
                                    {"--unit", &raw.unit},
                                    {"--expert-bytes", &raw.expert_bytes},
                                    {"--experts", &raw.experts},
                                    {"--top-k", &raw.top_k},
                                    {"--scope", &raw.scope},
                                    {"--eviction", &raw.eviction},
                                    {"--admission", &raw.admission},
                                    {"--window", &raw.window},
                                    {"--recency", &raw.recency},
                                    {"--forecast", &raw.forecast},
                                    {"--accesses", &raw.accesses},
                                    {"--reset", &raw.reset},
                                    {"--jobs", &raw.jobs},
                                    {"--resume", &asked.resume},
                                    {"--json", &asked.json},
                                    {"--report", &asked.report},
                                    {"--link", &raw.link},
                                    {"--compute", &raw.compute}})
    app.add_option(name, *value);
  app.add_flag("--per-layer", asked.per_layer);
  auto text = command_line::parse(app, "moesaic-replay", help(), argc, argv);
  if (!text) return text.error();
  if (*text) return answer(std::move(**text));
  result<options> o = checked(std::move(asked), raw);
  if (!o) return o.error();
  return answer(*std::move(o));
}

}  // namespace moesaic::replaying
