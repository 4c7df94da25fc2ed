// SPDX-License-Identifier: MIT
#include "options.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <string>
#include <thread>
#include <utility>

#include "command_line/arguments.hpp"
#include "command_line/policy_options.hpp"

namespace moesaic::decoder {
namespace {

constexpr const char* usage =
    R"(Decodes a Mixture-of-Experts model from a GGUF file while only part of its experts is in memory.

usage: moesaic-decode --model FILE.gguf --budget all|25%|512MiB PROMPT [options]

PROMPT    --prompt TEXT | --prompt-file FILE | --prompt-ids 5,17,42
text      --tokens N (64)  --ignore-eos  --force-ids FILE: feed these ids, not the chosen ones
          --temperature T (0: the likeliest token)  --top-p P (1)  --seed S (0)
model     --context N  --kv f32|f16 (f32)  --threads N (all processors, at most 8)
policy    --system NAME (on_demand); its parts, each a SPEC: name or name(argument,key=value)
          --eviction --admission --prefetch --placement --scoring --prediction SPEC
          --scope layer|global (layer)  --policies FILE.so: more eviction policies, from a library
          'list' as NAME or SPEC shows what there is
draft     --draft none|FILE.gguf|self:q4_0|ngram (none)  --draft-length N: tokens a window at most
          --governor SPEC: who decides how many (the system's; fixed(4) if that would never draft)
          --slo MS: wanted time of a window; for amortization_roofline, goodput and working_set
reading   --io auto|uring|pread|mmap (auto)  --direct yes|no  --throttle 500MB/s
output    --json FILE|-  --logits FILE  --routing FILE  --quiet
          --journal FILE: every call, answer and decision, for moesaic-trace verify
          --timeline FILE.json: the same as tracks for ui.perfetto.dev
          --help  --version

The budget counts every byte that holds expert weights: resident, in flight, staging, padding.
Text goes to standard output while it is made, everything else to standard error.
)";

struct raw_options {
  std::string budget, kv = "f32", io = "auto", direct, throttle, tokens;
  std::string draft = "none", draft_length, governor, slo;
  command_line::policy_options policies;
};

result<void> check(options& o, const raw_options& raw) {
  if (o.model.empty()) return error(error_code::bad_argument, "no model given; name one with --model FILE.gguf");
  if (raw.budget.empty()) return error(error_code::bad_argument, "no budget given; say how much memory experts may take with --budget all, 25% or 512MiB");
  const auto budget = command_line::budget_text::parse(raw.budget);
  if (!budget) return budget.error();
  o.budget = *budget;
  if (const int prompts = o.prompt.has_value() + o.prompt_file.has_value() + o.prompt_ids.has_value(); prompts != 1)
    return error(error_code::bad_argument, prompts == 0 ? "no prompt given; give one with --prompt, --prompt-file or --prompt-ids"
                                                        : "more than one prompt given; give one of --prompt, --prompt-file and --prompt-ids");
  if (raw.kv != "f32" && raw.kv != "f16") return error(error_code::bad_argument, "--kv cannot be '", raw.kv, "'; known are f32, f16");
  o.half_cache = raw.kv == "f16";
  if (raw.io == "uring")
    o.io = io_kind::uring;
  else if (raw.io == "pread")
    o.io = io_kind::pread;
  else if (raw.io == "mmap")
    o.io = io_kind::mapped;
  else if (raw.io != "auto")
    return error(error_code::bad_argument, "--io cannot be '", raw.io, "'; known are auto, uring, pread, mmap");
  if (!raw.direct.empty() && raw.direct != "yes" && raw.direct != "no")
    return error(error_code::bad_argument, "--direct cannot be '", raw.direct, "'; known are yes, no");
  if (!raw.direct.empty()) o.direct = raw.direct == "yes";
  if (o.io == io_kind::mapped && o.direct.value_or(false))
    return error(error_code::bad_argument, "--io mmap reads through the page cache and cannot be direct; leave --direct out");
  if (!raw.throttle.empty()) {
    const auto rate = command_line::parse_rate(raw.throttle, "--throttle");
    if (!rate) return rate.error();
    o.throttle = *rate;
  }
  if (!(o.temperature >= 0 && o.temperature <= 100)) return error(error_code::bad_argument, "--temperature has to be between 0 and 100");
  if (!(o.top_p > 0 && o.top_p <= 1)) return error(error_code::bad_argument, "--top-p has to be above 0 and at most 1");
  if (o.threads == 0 || o.threads > 256) return error(error_code::bad_argument, "--threads has to be 1 to 256, got ", o.threads);
  return {};
}

}  // namespace

result<std::variant<options, std::string>> parse_command_line(int count, const char* const* words) {
  options o;
  raw_options raw;
  o.threads = std::clamp(std::thread::hardware_concurrency(), 1U, 8U);
  CLI::App app;
  app.add_option("--model,-m", o.model);
  raw.policies.add_to(app);
  app.add_option("--draft", raw.draft);
  app.add_option("--draft-length", raw.draft_length);
  app.add_option("--governor", raw.governor);
  app.add_option("--slo", raw.slo);
  app.add_option("--budget,-b", raw.budget);
  app.add_option("--prompt,-p", o.prompt);
  app.add_option("--prompt-file", o.prompt_file);
  app.add_option("--prompt-ids", o.prompt_ids);
  app.add_option("--tokens,-n", o.tokens);
  app.add_option("--force-ids", o.force_ids);
  app.add_flag("--ignore-eos", o.ignore_eos);
  app.add_option("--temperature", o.temperature);
  app.add_option("--top-p", o.top_p);
  app.add_option("--seed", o.seed);
  app.add_option("--context", o.context);
  app.add_option("--kv", raw.kv);
  app.add_option("--threads,-t", o.threads);
  app.add_option("--io", raw.io);
  app.add_option("--direct", raw.direct);
  app.add_option("--throttle", raw.throttle);
  app.add_option("--json", o.json);
  app.add_option("--logits", o.logits);
  app.add_option("--routing", o.routing);
  app.add_option("--journal", o.journal);
  app.add_option("--timeline", o.timeline);
  app.add_flag("--quiet,-q", o.quiet);
  using answer = std::variant<options, std::string>;
  auto text = command_line::parse(app, "moesaic-decode", usage, count, words);
  if (!text) return text.error();
  if (*text) return answer(std::move(**text));
  auto libraries = raw.policies.load();
  if (!libraries) return libraries.error();
  o.libraries = *std::move(libraries);
  if (auto list = raw.policies.list_asked_for(o.libraries)) return answer(*std::move(list));
  if (raw.governor == "list") return answer(command_line::list_policies("governor"));
  if (raw.draft == "list") return answer(list_drafters());
  auto drafts = speculation_choice::parse(raw.draft, raw.draft_length, raw.governor, raw.slo);
  if (!drafts) return drafts.error();
  o.speculation = *std::move(drafts);
  o.system = raw.policies.system;
  o.parts = raw.policies.parts;
  if (auto fine = check(o, raw); !fine) return fine.error();
  return answer(std::move(o));
}

}  // namespace moesaic::decoder
