// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <signal.h>

#include <cstddef>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include <moesaic/sim/journal_replay.hpp>
#include <moesaic/trace/journal_rows.hpp>
#include <moesaic/trace/journal_timeline.hpp>
#include <moesaic/trace/journal_writer.hpp>

#include "command_line/policy_choice.hpp"
#include "program_run.hpp"
#include "support/temporary_folder.hpp"

// Journals of the real decoder, with real files and a real clock, and fresh policies made from the SPECs they name.
namespace {
using namespace moesaic;
using file = std::vector<std::byte>;
using writer = trace::journal_writer<trace::memory_sink>;
using reader = trace::journal_reader<trace::memory_source>;

file read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  const std::string text((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  const auto bytes = std::as_bytes(std::span(text));
  return {bytes.begin(), bytes.end()};
}
reader open(const file& bytes) {
  auto opened = reader::open(trace::memory_source("run.journal", bytes));
  REQUIRE_MESSAGE(opened, (opened ? std::string() : std::string(opened.error().sentence())));
  return std::move(*opened);
}
command_line::chosen_policies policies_of(const trace::journal::subject& about) {
  const auto named = [&](std::string_view slot) { return std::string(about.fact(slot)); };
  auto made = command_line::make_policies({named("scope"), named("scoring"), named("eviction"), named("admission"), named("prediction"), named("prefetch"),
                                           named("placement"), named("speculation")});
  REQUIRE_MESSAGE(made, (made ? std::string() : std::string(made.error().sentence())));
  return std::move(*made);
}
file without_decisions(const file& original) {
  reader from = open(original);
  file out;
  auto to = writer::open(trace::memory_sink(out), from.header().about, false);
  REQUIRE(to);
  to->note(from.header().as_made());
  for (;;) {
    const auto next = from.next();
    REQUIRE(next);
    if (!*next) break;
    to->note(**next);
  }
  REQUIRE(to->close());
  return out;
}
file played_again(const file& stripped) {
  reader from = open(stripped);
  file again;
  auto to = writer::open(trace::memory_sink(again), from.header().about);
  REQUIRE(to);
  const auto replayed = sim::replay_journal(from, policies_of(from.header().about), &*to);
  REQUIRE_MESSAGE(replayed, (replayed ? std::string() : std::string(replayed.error().sentence())));
  REQUIRE(to->close());
  return again;
}
const std::vector<std::vector<std::string>> systems{
    {"--system", "on_demand", "--eviction", "lrfu(32)"},
    {"--system", "on_demand", "--scope", "global", "--admission", "optional", "--eviction", "lfu"},
    {"--system", "prefetching", "--throttle", "200MB/s"},  // transfers that come late
    {"--system", "prefetching", "--scope", "global", "--io", "pread"},
    {"--system", "host_assisted"},
    {"--eviction", "random(3)", "--prefetch", "most_useful(in_flight=8,horizon=3)"},
    {"--system", "prefetching", "--prediction", "next_gate(least=10)"},  // hints from later gates
    {"--system", "on_demand", "--draft", "ngram", "--draft-length", "5"},
    {"--system", "moe_speq", "--draft", "self:q4_0"},  // routes of the drafter, and a governor that looks at times
    {"--system", "sp_moe", "--draft", draft_model, "--draft-length", "3", "--throttle", "500MB/s"},  // gates on its hidden states
    {"--system", "moe_spac", "--draft", draft_model, "--temperature", "0.8", "--governor", "fixed(4,stop_below=40)"}};
}  // namespace

TEST_CASE("a run of the real decoder gives the same decisions again, byte for byte") {
  const temporary_folder folder;
  for (const auto& system : systems) {
    const std::string journal = folder / "run.journal", report = folder / "run.json";
    std::vector<std::string> words{
        decoder_program, "--model", demo_model, "--budget",  "25%",   "--prompt", "In the beginning God created the heaven and the earth",
        "--tokens",      "24",      "--quiet",  "--journal", journal, "--json",   report};
    words.insert(words.end(), system.begin(), system.end());
    const program_end end = run_program(words);
    CAPTURE(system[1]);
    REQUIRE_MESSAGE(end.status == 0, end.err);
    const file original = read_file(journal);
    const file stripped = without_decisions(original);
    CHECK(stripped.size() < original.size());
    CHECK(played_again(stripped) == original);

    reader from = open(original);
    const auto checked = sim::replay_journal(from, policies_of(from.header().about));
    REQUIRE_MESSAGE(checked, (checked ? std::string() : std::string(checked.error().sentence())));
    CHECK(checked->compared);
    CHECK_FALSE(checked->interrupted);
    CHECK(checked->decisions > 2'000);
    // What the program reported is what the replay counts.
    const auto said = nlohmann::json::parse(std::ifstream(report));
    const auto both = [&](const char* name) { return said["counters"][name].get<std::uint64_t>() + said["prefill_counters"][name].get<std::uint64_t>(); };
    CHECK(checked->count.accesses == both("accesses"));
    CHECK(checked->count.hits == both("hits"));
    CHECK(checked->count.misses == both("misses"));
    CHECK(checked->count.evictions == both("evictions"));
    CHECK(checked->count.prefetches == both("prefetches"));
    CHECK(checked->count.prefetch_late == both("prefetch_late"));
    CHECK(checked->count.host == both("host"));
    CHECK(checked->count.bytes_demanded.count == both("bytes_demanded"));
  }
}

TEST_CASE("the routing in a journal is the routing that --routing writes") {
  const temporary_folder folder;
  const std::string journal = folder / "run.journal", routing = folder / "run.routing";
  REQUIRE(decode({"--model", demo_model, "--budget", "30%", "--prompt-ids", "5,17,42,99,3,8,120", "--tokens", "9", "--ignore-eos", "--quiet", "--journal",
                  journal, "--routing", routing})
              .status == 0);
  auto from = trace::journal_rows<trace::file_source>::open(*trace::file_source::open(journal));
  REQUIRE(from);
  const trace::dimensions shape = from->facts().shape;
  CHECK(from->facts().weights);
  std::vector<std::string> lines;
  for (;;) {
    const auto rows = from->next();
    REQUIRE(rows);
    if (!*rows) break;
    CHECK(((*rows)->prompt_tokens == 7) == ((*rows)->first_token == 0));
    for (std::uint32_t t = 0; t < (*rows)->tokens; ++t)
      for (std::uint32_t l = 0; l < shape.layers; ++l) {
        std::string line = std::to_string((*rows)->first_token + t) + ' ' + std::to_string(l);
        for (std::uint32_t i = 0; i < shape.top_k; ++i) line += ' ' + std::to_string((*rows)->experts[(t * shape.layers + l) * shape.top_k + i]);
        lines.push_back(line);
      }
  }
  std::vector<std::string> written;
  std::ifstream in(routing);
  for (std::string line; std::getline(in, line);) {
    std::size_t end = 0;
    for (std::uint32_t field = 0; field < 2 + shape.top_k; ++field) end = line.find(' ', end + 1);
    written.push_back(line.substr(0, end));
  }
  // Block and layer numbers are one in this model. The trace goes step by step, the file too.
  REQUIRE(lines.size() == std::size_t{7 + 9} * shape.layers);
  REQUIRE(written.size() == lines.size());
  CHECK(std::vector<std::string>(lines) == written);
}

TEST_CASE("a run that is killed leaves a journal up to its last step, and a timeline that opens") {
  const temporary_folder folder;
  const std::string journal = folder / "run.journal", timeline = folder / "run.json";
  bool killed = false;
  pid_t self = 0;
  const program_end end = run_program({"/bin/sh",          "-c",        "echo $$ >&2; exec \"$0\" \"$@\"",
                                       decoder_program,    "--model",   demo_model,
                                       "--budget",         "25%",       "--prompt",
                                       "In the beginning", "--tokens",  "200",
                                       "--ignore-eos",     "--quiet",   "--throttle",
                                       "20MB/s",           "--journal", journal,
                                       "--timeline",       timeline},
                                      [&](const std::string& text) {
                                        if (killed || text.size() < 60) return;
                                        killed = true;
        // The only child of this process.
                                        std::ifstream children("/proc/self/task/" + std::to_string(::getpid()) + "/children");
                                        if (children >> self) ::kill(self, SIGKILL);
                                      });
  REQUIRE(killed);
  if (self == 0) return;  // a kernel that does not list children: nothing was killed
  CHECK(end.status == 128 + SIGKILL);
  const file cut = read_file(journal);
  reader from = open(cut);
  const auto replayed = sim::replay_journal(from, policies_of(from.header().about));
  REQUIRE_MESSAGE(replayed, (replayed ? std::string() : std::string(replayed.error().sentence())));
  CHECK(replayed->interrupted);
  CHECK(replayed->steps > 5);
  const auto drawn = nlohmann::json::parse(std::ifstream(timeline), nullptr, false);
  REQUIRE_FALSE(drawn.is_discarded());
  CHECK(drawn["traceEvents"].size() > 100);
}

TEST_CASE("the timeline of a run is the timeline of its journal, and has its tracks") {
  const temporary_folder folder;
  const std::string journal = folder / "run.journal", timeline = folder / "run.json";
  REQUIRE(decode({"--model", demo_model, "--system", "prefetching", "--eviction", "lrfu(32)", "--budget", "25%", "--prompt", "In the beginning", "--tokens",
                  "8", "--quiet", "--journal", journal, "--timeline", timeline})
              .status == 0);
  const file original = read_file(journal);
  reader from = open(original);
  file again;
  trace::journal_timeline<trace::memory_sink> to(trace::memory_sink(again), from.header().about);
  to.note(from.header().as_made());
  for (;;) {
    const auto next = from.next();
    REQUIRE(next);
    if (!*next) break;
    to.note(**next);
  }
  REQUIRE(to.finish());
  CHECK(again == read_file(timeline));

  const auto drawn = nlohmann::json::parse(std::ifstream(timeline));
  std::size_t layers = 0, evicted = 0, moved = 0, steps = 0;
  for (const auto& event : drawn["traceEvents"]) {
    const std::string name = event["name"].get<std::string>();
    if (event["ph"] == "M") layers += event["args"].contains("name") && event["args"]["name"].get<std::string>().starts_with("MoE layer ");
    if (event["ph"] == "i") evicted += name.starts_with("evicted (") && name.find("lrfu(32)") != std::string::npos;
    if (event["ph"] != "X") continue;
    CHECK(event["dur"].get<double>() >= 0);
    moved += name.starts_with("demand (") || name.starts_with("prefetch (");
    steps += name.starts_with("decode ") || name.starts_with("prefill ");
  }
  CHECK(layers == from.header().shape->layers());
  CHECK(evicted > 10);
  CHECK(moved > 20);
  CHECK(steps == 8);
}

TEST_CASE("places that cannot be written, and models without experts, are said before anything is decoded") {
  for (const char* option : {"--journal", "--timeline"}) {
    const program_end unwritable = decode({"--model", demo_model, "--budget", "all", "--prompt", "x", "--tokens", "1", option, "/there/is/no/folder/j"});
    CHECK(unwritable.status == 2);
    CHECK(unwritable.says("/there/is/no/folder/j"));
    const program_end dense = decode({"--model", draft_model, "--budget", "all", "--prompt", "x", "--tokens", "1", option, "j"});
    CHECK(dense.status == 2);
    CHECK(dense.says(option));
    const program_end full = decode({"--model", demo_model, "--budget", "all", "--prompt", "x", "--tokens", "1", "--quiet", option, "/dev/full"});
    CHECK(full.status == 1);
    CHECK(full.says("/dev/full"));
  }
}
