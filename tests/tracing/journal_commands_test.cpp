// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <fstream>
#include <string>
#include <vector>

#include <moesaic/admission/forced.hpp>
#include <moesaic/cache/residency.hpp>
#include <moesaic/eviction/lfu.hpp>
#include <moesaic/placement/fetch.hpp>
#include <moesaic/prediction/none.hpp>
#include <moesaic/prefetch/none.hpp>
#include <moesaic/scoring/none.hpp>
#include <moesaic/speculation/fixed.hpp>
#include <moesaic/trace/journal_writer.hpp>
#include <moesaic/transport/simulated.hpp>

#include "program.hpp"

using namespace moesaic;
using moesaic_test::content_of;
using moesaic_test::moesaic_trace;

namespace {
using writer = trace::journal_writer<trace::file_sink>;
struct bundle {
  group_per_layer groups{};
  scoring::none scoring{};
  eviction::lfu eviction{};
  admission::forced admission{};
  prediction::none prediction{};
  prefetch::none prefetch{};
  placement::fetch placement{};
  speculation::fixed speculation{};
  watched_by<writer> witness;
};

/// A run through two layers, with lfu, whatever its header says.
void write_journal(const std::string& path, const std::string& eviction, bool finished = true, std::uint64_t steps = 20) {
  auto to = writer::open(*trace::file_sink::open(path), {"small",
                                                         {{"scope", "layer"},
                                                          {"scoring", "none"},
                                                          {"eviction", eviction},
                                                          {"admission", "forced"},
                                                          {"prediction", "none"},
                                                          {"prefetch", "none"},
                                                          {"placement", "fetch"},
                                                          {"speculation", "fixed(0)"}}});
  REQUIRE(to);
  bundle policies;
  policies.witness.to = &*to;
  auto core = residency<transports::simulated<>, bundle>::create(*model_shape::uniform(2, 8, 2, {100}), transports::simulated<>({.capacity = 2}), policies,
                                                                 {.budget = {{900}, 2}});
  REQUIRE(core);
  for (std::uint64_t step = 0; step < steps; ++step) {
    for (std::uint32_t l = 0; l < 2; ++l) {
      const expert_index routes[] = {static_cast<expert_index>(step * 3 % 8),
                                     static_cast<expert_index>((step * 5 + l) % 7 == step * 3 % 8 ? 7 : (step * 5 + l) % 7)};
      demand_collector collector(8);
      auto held =
          core->acquire({{step}, {step}, static_cast<layer_index>(l), phase::decode, 1, collector.collect({.tokens = 1, .experts = routes}), routes, {}});
      REQUIRE(held);
      while (auto next = held->next()) {
        if (!*next) break;
        held->release(**next);
      }
    }
    core->end_step({.step = {step}, .committed = {1}});
  }
  REQUIRE((finished ? to->finish(core->count()) : to->close()));
}
bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }
}  // namespace

TEST_CASE("verify makes every decision again, or names the first that differs") {
  const temporary_folder here;
  const std::string good = here / "good.journal", wrong = here / "wrong.journal", cut = here / "cut.journal";
  write_journal(good, "lfu");
  write_journal(wrong, "lru");
  write_journal(cut, "lfu", false);
  const auto fine = moesaic_trace("verify '" + good + "' '" + cut + "'");
  CHECK(fine.status == 0);
  CHECK(fine.err == "");
  CHECK(has(fine.out, "good.journal: 20 steps, 40 events, "));
  CHECK(has(fine.out, "each as the policies make it again\n"));
  CHECK(has(fine.out, "(up to where its run broke off)"));
  for (const char* command : {"info", "stats"}) {
    CHECK(moesaic_trace(std::string(command) + " '" + good + "'").err == "");
    const auto short_one = moesaic_trace(std::string(command) + " '" + cut + "'");
    CHECK(short_one.status == 0);  // what is there is there, but nobody should take it for all
    CHECK(has(short_one.err, "cut.journal: breaks off before its end"));
  }
  CHECK(has(moesaic_trace("convert '" + cut + "' '" + (here / "cut.bin") + "'").err, "cut.journal: breaks off before its end"));
  const std::string nothing = here / "nothing.journal";
  for (const bool finished : {false, true}) {  // a run that never came to an event proves nothing
    write_journal(nothing, "lfu", finished, 0);
    const auto empty = moesaic_trace("verify '" + nothing + "'");
    CHECK(empty.status == 2);
    CHECK(has(empty.err, finished ? "nothing.journal: is of a run without events" : "nothing.journal: breaks off before its run's first event"));
  }
  const auto found = moesaic_trace("verify '" + wrong + "'");
  CHECK(found.status == 2);
  CHECK(has(found.err, "wrong.journal: byte "));
  CHECK(has(found.err, "the policies now decide 'eviction names"));
}

TEST_CASE("timeline draws a journal; a file that breaks off half way leaves none behind") {
  const temporary_folder here;
  const std::string journal = here / "run.journal", out = here / "run.json";
  write_journal(journal, "lfu");
  const auto drawn = moesaic_trace("timeline '" + journal + "' '" + out + "'");
  CHECK(drawn.status == 0);
  CHECK(has(drawn.out, "run.json: "));
  CHECK(has(content_of(out), "\"traceEvents\""));
  CHECK(has(content_of(out), ": lfu "));
  CHECK(content_of(out).ends_with("\n]}\n"));
  std::string damaged = content_of(journal);
  damaged[damaged.size() - 3] = static_cast<char>(damaged[damaged.size() - 3] + 1);
  std::ofstream(journal, std::ios::binary) << damaged;
  const auto refused = moesaic_trace("timeline '" + journal + "' '" + (here / "no.json") + "'");
  CHECK(refused.status == 2);
  CHECK(has(refused.err, "checksum"));
  CHECK(content_of(here / "no.json").empty());
}

TEST_CASE("what is no journal, and options that mean nothing here, are one sentence") {
  const auto trace = moesaic_trace("verify '" + moesaic_test::test_trace("gptoss20b_6x96.bin") + "'");
  CHECK(trace.status == 2);
  CHECK(has(trace.err, "is no journal"));
  CHECK(moesaic_trace("verify").status == 2);
  CHECK(moesaic_trace("timeline only-one").status == 2);
  CHECK(has(moesaic_trace("info x --policies y").err, "--policies belongs to verify"));
  CHECK(has(moesaic_trace("verify /there/is/none").err, "/there/is/none"));
}

TEST_CASE("journals have facts and statistics like every trace") {
  const temporary_folder here;
  const std::string journal = here / "run.journal";
  write_journal(journal, "lfu");
  const auto info = moesaic_trace("info '" + journal + "'");
  CHECK(info.status == 0);
  CHECK(has(info.out, "moesaic journal"));
  const auto converted = moesaic_trace("convert '" + journal + "' '" + (here / "run.bin") + "'");
  CHECK(converted.status == 0);
  CHECK(has(content_of(here / "run.bin"), "MOETRC1"));
}
