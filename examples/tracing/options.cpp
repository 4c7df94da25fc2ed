// SPDX-License-Identifier: MIT
#include "options.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <string_view>

#include "command_line/amounts.hpp"
#include "command_line/arguments.hpp"
#include "command_line/policy_options.hpp"

namespace moesaic::tracing {
namespace {

constexpr const char* usage =
    R"(Says what recorded expert routing holds, and writes it as MOETRC1, whole or in pieces.

usage: moesaic-trace info    TRACE...        what it is: format, model, tokens, sequences
       moesaic-trace stats   TRACE...        how it routes: reuse, entropy, experts for W tokens
       moesaic-trace convert TRACE OUT       the same routing as MOETRC1
       moesaic-trace cut     TRACE OUT       some sequences, or some tokens of each
       moesaic-trace merge   TRACE... OUT    several traces of one model, one after the other
       moesaic-trace verify  JOURNAL...      do its policies make the same decisions again?
       moesaic-trace timeline JOURNAL OUT.json    a journal as tracks for ui.perfetto.dev
       moesaic-trace recall  TRACE...        what predictors find; options of its own: recall --help

TRACE        any format this library reads, told by content, plain, .xz or .gz: MOETRC1, route_trace
             v1, WASTE JSONL, colibri ROUTE_TRACE, llama.cpp moe-trace CSV, vLLM .npy and .npz, journals
--json       info, stats: write JSON to a file, or to standard output with -
--weights    keep (as exact as the trace has them), none, u8 (1/255), u16 (1/10000); (keep)
--sequences  cut: sequences to keep, from 0: 3 or 0,4-7 (all)
--tokens     cut: tokens to keep of each sequence, from 0: 0-127 (all)
--experts    experts in a layer, for formats that do not say (one more than the highest id)
--top-k      experts of a token in a layer, for formats that do not say (found from the rows)
--policies   verify: libraries with further eviction policies (FILE.so)
--help  --version
)";

error bad(std::string_view option, std::string_view value, std::string_view what) { return error(error_code::bad_argument, option, " '", value, "': ", what); }

/// `3` or `4-7`.
std::optional<std::pair<std::uint64_t, std::uint64_t>> range_of(std::string_view text) {
  const auto number = [](std::string_view digits) { return command_line::whole_number(digits, 0, 0xFFFF'FFFFU); };
  const std::size_t dash = text.find('-');
  const auto first = number(text.substr(0, dash));
  const auto last = dash == std::string_view::npos ? first : number(text.substr(dash + 1));
  if (!first || !last || *last < *first) return std::nullopt;
  return std::pair(*first, *last);
}

struct raw_options {
  std::string command, weights = "keep", sequences, tokens, experts, top_k;
};

template <class Value>
std::optional<Value> one_of(std::string_view text, std::initializer_list<std::pair<std::string_view, Value>> known) {
  for (const auto& [name, value] : known)
    if (text == name) return value;
  return std::nullopt;
}

result<void> read_selection(options& o, const raw_options& raw) {
  if ((!raw.sequences.empty() || !raw.tokens.empty()) && o.what != command::cut)
    return error(error_code::bad_argument, "--sequences and --tokens belong to cut; take `moesaic-trace cut`");
  if (o.what == command::cut && raw.sequences.empty() && raw.tokens.empty())
    return error(error_code::bad_argument, "cut keeps everything as asked; say what to keep with --sequences 0-3 or --tokens 0-127");
  for (std::string_view rest = raw.sequences; !rest.empty();) {
    const std::size_t comma = rest.find(',');
    const auto range = range_of(rest.substr(0, comma));
    if (!range) return bad("--sequences", raw.sequences, "expected numbers and ranges like 0,4-7");
    o.sequences.push_back(*range);
    rest = comma == std::string_view::npos ? "" : rest.substr(comma + 1);
  }
  std::sort(o.sequences.begin(), o.sequences.end());
  if (!raw.tokens.empty()) {
    o.tokens = range_of(raw.tokens);
    if (!o.tokens) return bad("--tokens", raw.tokens, "expected a range like 0-127");
  }
  return {};
}

result<options> checked(std::vector<std::string> files, std::string json, const raw_options& raw) {
  options o;
  const auto what = one_of<command>(raw.command, {{"info", command::info},
                                                  {"stats", command::stats},
                                                  {"convert", command::convert},
                                                  {"cut", command::cut},
                                                  {"merge", command::merge},
                                                  {"verify", command::verify},
                                                  {"timeline", command::timeline}});
  if (!what) {
    if (raw.command.empty())
      return error(error_code::bad_argument, "no command given; take info, stats, convert, cut, merge, verify, timeline or recall, see moesaic-trace --help");
    return error(error_code::bad_argument, "'", raw.command, "' is no command; known are info, stats, convert, cut, merge, verify, timeline, recall");
  }
  o.what = *what;
  const bool writes = o.what != command::info && o.what != command::stats && o.what != command::verify;
  if (files.size() < (writes ? 2U : 1U))
    return error(error_code::bad_argument, raw.command, writes ? " wants a trace and a file to write" : " wants at least one trace",
                 "; see moesaic-trace --help");
  if (writes) {
    o.out = files.back();
    files.pop_back();
    if (o.out.ends_with(".xz") || o.out.ends_with(".gz"))
      return error(error_code::bad_argument, o.out, ": traces are written plain; give a name without ", std::string_view(o.out).substr(o.out.size() - 3),
                   " and pack the file afterwards");
    if (!json.empty()) return error(error_code::bad_argument, "--json belongs to info and stats");
  }
  if (files.size() > 1 && (o.what == command::convert || o.what == command::cut || o.what == command::timeline))
    return error(error_code::bad_argument, raw.command, " takes one trace, ", files.size(), " were given; `merge` joins several");
  o.traces = std::move(files);
  o.json = std::move(json);
  const auto weights = one_of<kept_weights>(
      raw.weights, {{"keep", kept_weights::as_they_are}, {"none", kept_weights::none}, {"u8", kept_weights::eight_bits}, {"u16", kept_weights::sixteen_bits}});
  if (!weights) return bad("--weights", raw.weights, "expected keep, none, u8 or u16");
  o.weights = *weights;
  for (const auto& [name, text, value] : {std::tuple{"--experts", &raw.experts, &o.said.experts}, {"--top-k", &raw.top_k, &o.said.top_k}}) {
    if (text->empty()) continue;
    const auto number = command_line::whole_number(name, *text, 1, 65'535);
    if (!number) return number.error();
    *value = static_cast<std::uint32_t>(*number);
  }
  if (const result<void> selected = read_selection(o, raw); !selected) return selected.error();
  return o;
}

}  // namespace

result<std::variant<options, std::string>> read_options(int argc, const char* const* argv) {
  using answer = std::variant<options, std::string>;
  CLI::App app;
  std::vector<std::string> files;
  std::string json;
  std::vector<std::string> libraries;
  raw_options raw;
  app.add_option("command", raw.command);
  app.add_option("files", files);
  app.add_option("--json", json);
  for (const auto& [name, value] : {std::pair<const char*, std::string*>{"--weights", &raw.weights},
                                    {"--sequences", &raw.sequences},
                                    {"--tokens", &raw.tokens},
                                    {"--experts", &raw.experts},
                                    {"--top-k", &raw.top_k}})
    app.add_option(name, *value);
  command_line::add_policies_option(app, libraries);
  auto text = command_line::parse(app, "moesaic-trace", usage, argc, argv);
  if (!text) return text.error();
  if (*text) return answer(std::move(**text));
  result<options> o = checked(std::move(files), std::move(json), raw);
  if (!o) return o.error();
  if (!libraries.empty() && o->what != command::verify)
    return error(error_code::bad_argument, "--policies belongs to verify; it makes policies, ", raw.command, " needs none");
  o->libraries = std::move(libraries);
  return answer(*std::move(o));
}

}  // namespace moesaic::tracing
