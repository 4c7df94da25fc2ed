// SPDX-License-Identifier: MIT
#include "options.hpp"

#include <CLI/CLI.hpp>
#include <string_view>
#include <utility>

#include "command_line/arguments.hpp"
#include "command_line/lists.hpp"
#include "command_line/policy_options.hpp"
#include "hardware.hpp"

namespace moesaic::simulating {
namespace {

constexpr const char* usage =
    R"(Runs recorded routing through the library's own loop on a machine on paper: how fast would it be?

usage: moesaic-simulate TRACE... --hardware NAME|FILE.json --capacity 12.5%,25% [options]

TRACE           a routing trace of any format the library reads, plain, .xz or .gz
--hardware      a profile that came with the program, or a file; 'list' shows what there is
--capacity      room for residents: shares of all experts, or bytes; staging comes on top
--budget        instead: all, 25%, 512MiB; every byte counts, as in moesaic-decode
--system        names of systems; 'list' shows what there is (on_demand)
                parts that override theirs, each a SPEC or 'list': --eviction --admission
                --prefetch --placement --scoring --prediction; --scope layer|global
--policies      more eviction policies, from a library FILE.so
--draft-length  tokens drafted before each verify pass; auto: the fastest of 0 to 8 (the system's)
--acceptance    share of drafted tokens that are right, behind right ones (0.8)
--fidelity      share of drafted routes that are right (0.9)  --gate-recall  of gates asked early (0.76)
--expert-bytes  size of an expert, for traces that have no sizes (the hardware profile's)
--frames        staging frames (2)    --alignment  bytes that experts are padded to (1)
--tokens        only so many tokens of each trace    --seed  of what chance decides (0)
--json          write the rows to a file, or to standard output with -
--timeline      what happened when, for ui.perfetto.dev; for one trace, system and capacity
--report        an HTML page with charts and tables of the rows
--quiet  --help  --version
)";

error bad(std::string_view option, std::string_view value, std::string_view what) {
  return error(error_code::bad_argument, option, " '", value.substr(0, 80), "': ", what);
}

struct raw_options {
  std::string capacity, budget, frames = "2", expert_bytes, alignment = "1", draft_length, tokens, seed = "0";
  command_line::policy_options policies;
};

result<void> read_capacities(options& o, const raw_options& raw) {
  if (raw.capacity.empty() == raw.budget.empty())
    return error(error_code::bad_argument, raw.capacity.empty() ? "no capacity given; say how much fits with --capacity 25%"
                                                                : "--capacity and --budget both say how much fits; give one of them");
  for (const std::string& text : command_line::split_list(raw.capacity.empty() ? raw.budget : raw.capacity)) {
    if (raw.capacity.empty()) {
      const auto amount = command_line::budget_text::parse(text);
      if (!amount) return amount.error();
      o.capacities.push_back({text, *amount});
    } else {
      const auto amount = sim::capacity::parse(text);
      if (!amount) return error(amount.error().code(), "--capacity: ", amount.error().sentence());
      o.capacities.push_back({text, *amount});
    }
  }
  return {};
}

result<void> read_numbers(options& o, const raw_options& raw) {
  const auto frames = command_line::whole_number("--frames", raw.frames, 1, 1'000);
  if (!frames) return frames.error();
  o.frames = static_cast<std::uint32_t>(*frames);
  if (!raw.expert_bytes.empty()) {
    const auto size = command_line::parse_bytes(raw.expert_bytes, "--expert-bytes");
    if (!size) return size.error();
    if (size->count == 0 || size->count > (std::uint64_t{1} << 40U)) return bad("--expert-bytes", raw.expert_bytes, "expected 1 byte to 1 TiB");
    o.expert_bytes = *size;
  }
  const auto alignment = command_line::whole_number("--alignment", raw.alignment, 1, 1 << 30);
  if (!alignment) return alignment.error();
  o.alignment = {*alignment};
  if (raw.draft_length == "auto") {
    o.fastest_draft = true;
  } else if (!raw.draft_length.empty()) {
    const auto length = command_line::whole_number("--draft-length", raw.draft_length, 0, 63);
    if (!length) return error(error_code::bad_argument, length.error().sentence(), ", or auto");
    o.draft_length = static_cast<std::uint32_t>(*length);
  }
  for (const auto& [option, share] :
       {std::pair<std::string_view, double>{"--acceptance", o.drafter.acceptance}, {"--fidelity", o.drafter.fidelity}, {"--gate-recall", o.gates.recall}})
    if (!(share >= 0 && share <= 1)) return error(error_code::bad_argument, option, " has to be between 0 and 1");
  if (!raw.tokens.empty()) {
    const auto tokens = command_line::whole_number("--tokens", raw.tokens, 1, 2'147'483'647);
    if (!tokens) return tokens.error();
    o.tokens = static_cast<std::uint32_t>(*tokens);
  }
  const auto seed = command_line::whole_number("--seed", raw.seed, 0, ~std::uint64_t{});
  if (!seed) return seed.error();
  o.seed = *seed;
  return {};
}

result<void> check(options& o, const raw_options& raw) {
  if (o.report == "-") return bad("--report", o.report, "standard output has the table or the JSON; name a file");
  if (!o.report.empty() && o.report == o.json) return bad("--report", o.report, "--json goes there; name another file");
  if (o.traces.empty()) return error(error_code::bad_argument, "no trace given; name a file, see moesaic-simulate --help");
  if (o.hardware.empty()) return error(error_code::bad_argument, "no hardware given; name a profile or a file with --hardware, or see --hardware list");
  if (auto fine = read_capacities(o, raw); !fine) return fine;
  if (auto fine = read_numbers(o, raw); !fine) return fine;
  o.systems = command_line::split_list(raw.policies.system);
  for (const std::string& system : o.systems) {
    const auto names = command_line::choose_policies(system, o.parts);
    if (!names) return names.error();
    if (const auto made = command_line::make_policies(*names, o.libraries); !made) return made.error();
  }
  if (!o.timeline.empty() && o.traces.size() * o.systems.size() * o.capacities.size() != 1)
    return error(error_code::bad_argument, "--timeline draws one run; give one trace, one system and one capacity with it");
  return {};
}

}  // namespace

result<std::variant<options, std::string>> read_options(int count, const char* const* words) {
  options o;
  raw_options raw;
  CLI::App app;
  app.add_option("traces", o.traces);
  app.add_option("--hardware", o.hardware);
  raw.policies.add_to(app);
  app.add_option("--capacity", raw.capacity);
  app.add_option("--budget,-b", raw.budget);
  app.add_option("--frames", raw.frames);
  app.add_option("--expert-bytes", raw.expert_bytes);
  app.add_option("--alignment", raw.alignment);
  app.add_option("--draft-length", raw.draft_length);
  app.add_option("--acceptance", o.drafter.acceptance);
  app.add_option("--fidelity", o.drafter.fidelity);
  app.add_option("--gate-recall", o.gates.recall);
  app.add_option("--tokens,-n", raw.tokens);
  app.add_option("--seed", raw.seed);
  app.add_option("--json", o.json);
  app.add_option("--timeline", o.timeline);
  app.add_option("--report", o.report);
  app.add_flag("--quiet,-q", o.quiet);
  using answer = std::variant<options, std::string>;
  auto text = command_line::parse(app, "moesaic-simulate", usage, count, words);
  if (!text) return text.error();
  if (*text) return answer(std::move(**text));
  auto libraries = raw.policies.load();
  if (!libraries) return libraries.error();
  o.libraries = *std::move(libraries);
  if (o.hardware == "list") return answer(list_hardware());
  if (auto list = raw.policies.list_asked_for(o.libraries)) return answer(*std::move(list));
  o.parts = raw.policies.parts;
  if (auto fine = check(o, raw); !fine) return fine.error();
  return answer(std::move(o));
}

}  // namespace moesaic::simulating
