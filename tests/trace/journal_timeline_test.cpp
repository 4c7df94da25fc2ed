// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include <moesaic/core/decayed_count.hpp>
#include <moesaic/trace/journal_timeline.hpp>

#include "journal_run.hpp"

using namespace moesaic;

namespace {
using timeline = trace::journal_timeline<trace::memory_sink>;
std::string text_of(const std::vector<std::byte>& bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }

/// One event with a hit and a miss, for which somebody leaves.
void play(timeline& to, bool finished) {
  const std::vector<demand> wanted{{expert_index{1}, 1, {}}, {expert_index{2}, 1, {}}};
  to.note(seen::clock{{1'000'000}});
  to.note(seen::acquire{{{4}, {9}, layer_index{1}, phase::decode, 1, wanted, {}, {}}, false});
  to.note(seen::clock{{1'002'000}});
  to.note(seen::leased{0});
  to.note(seen::found{make_expert(1, 1), residency_state::resident, false});
  to.note(seen::found{make_expert(1, 2), residency_state::absent, false});
  decay_clock clock(32);
  to.note(seen::victim{make_expert(1, 2), cause::demand, 1, make_expert(1, 5), clock.use_at({0}).worth(), clock.use_at({32}).worth()});
  to.note(seen::judged{make_expert(1, 2), cause::demand, make_expert(1, 5), true});
  to.note(seen::left{make_expert(1, 5), make_expert(1, 2)});
  to.note(admitted{make_expert(1, 2), cause::demand});
  to.note(seen::submitted{make_expert(1, 2), {64}, cause::demand, residence::slot});
  to.note(seen::submitted{make_expert(0, 3), {128}, cause::prefetch, residence::slot});
  const std::vector<completion> told{{{1}, transfer_status::arrived, {64}, 0}};
  to.note(seen::completions{true, told});
  to.note(seen::clock{{1'005'500}});
  to.note(seen::cancelled{{2}, true});
  to.note(seen::lease_call{seen::lease_call::kind::end, 0});
  to.note(seen::clock{{1'007'000}});
  to.note(step_outcome{.step = {4}, .committed = {1}});
  if (finished) REQUIRE(to.finish());
}
}  // namespace

TEST_CASE("events, transfers, decisions and steps are drawn at the clock's readings") {
  std::vector<std::byte> file;
  timeline to(trace::memory_sink(file), journal_run::about());
  journal_run::begin(to);
  play(to, true);
  const std::string text = text_of(file);
  CAPTURE(text);
  const auto has = [&](std::string_view part) { return text.find(part) != std::string::npos; };
  CHECK(has("\"name\":\"a model\""));
  CHECK(has("\"name\":\"decisions: lrfu(32)\""));
  CHECK(has("\"name\":\"MoE layer 1\""));
  CHECK(has("\"tid\":101,\"ts\":2.000,\"name\":\"1 hits, 1 misses\",\"dur\":5.000"));
  CHECK(has("\"tid\":10,\"ts\":2.000,\"name\":\"demand (1,2)\",\"dur\":3.500,\"args\":{\"bytes\":64,\"to\":\"slot\",\"waited_us\":0}"));
  CHECK(has("\"tid\":10,\"ts\":0.000,\"name\":\"thread_name\",\"args\":{\"name\":\"link\"}"));
  CHECK(has("\"tid\":10,\"ts\":5.500,\"name\":\"prefetch (0,3) withdrawn\",\"s\":\"t\",\"args\":{\"bytes\":0,\"to\":\"slot\",\"waited_us\":3}"));
  CHECK(has("\"tid\":2,\"ts\":2.000,\"name\":\"evicted (1,5) for (1,2): lrfu(32) 0.82 < 1.65\",\"s\":\"t\",\"args\":{\"key\":0,"));
  CHECK(has("\"tid\":1,\"ts\":2.000,\"name\":\"decode 4\",\"dur\":5.000,\"args\":{\"tokens\":1,\"drafted\":0,\"accepted\":0,\"committed\":1}"));
  CHECK_FALSE(has("\"name\":\"drafts\""));
  CHECK(text.ends_with("\n]}\n"));
}

TEST_CASE("a run that breaks off leaves a file that opens") {
  std::vector<std::byte> file;
  {
    timeline to(trace::memory_sink(file), journal_run::about());
    journal_run::begin(to);
    play(to, false);
  }
  CHECK(text_of(file).ends_with("\n]}\n"));
  CHECK(text_of(file).find("1 hits, 1 misses") != std::string::npos);
}

TEST_CASE("keys of other policies are shown as they are") {
  std::vector<std::byte> file;
  timeline to(trace::memory_sink(file), {"m", {{"eviction", "lru"}}});
  journal_run::begin(to);
  to.note(trace::journal::record(seen::clock{{0}}));
  to.note(seen::victim{make_expert(1, 2), cause::demand, 1, make_expert(1, 5), utility{3}, utility{9}});
  to.note(seen::left{make_expert(1, 5), make_expert(1, 2)});
  to.note(seen::left{make_expert(1, 4), {}});
  REQUIRE(to.finish());
  CHECK(text_of(file).find("evicted (1,5) for (1,2): lru 3 < 9\",\"s\":\"t\",\"args\":{\"key\":3,\"newcomer_key\":9}") != std::string::npos);
  CHECK(text_of(file).find("(1,4) lost its room") != std::string::npos);
}

TEST_CASE("a draft lasts from its beginning to the first reading of the clock behind its end") {
  std::vector<std::byte> file;
  timeline to(trace::memory_sink(file), journal_run::about());
  journal_run::begin(to);
  to.note(seen::clock{{1'000'000}});
  to.note(draft_started{{4}});
  to.note(token_drafted{{1}, {800}});
  to.note(seen::clock{{1'003'000}});
  to.note(token_drafted{{2}, {900}});
  to.note(token_drafted{{3}, {900}});
  to.note(draft_ended{{2}});
  to.note(seen::clock{{1'006'000}});
  REQUIRE(to.finish());
  const std::string text = text_of(file);
  CAPTURE(text);
  CHECK(text.find("\"name\":\"drafts\"") != std::string::npos);
  CHECK(text.find("\"tid\":3,\"ts\":0.000,\"name\":\"3 drafted, 2 to verify\",\"dur\":6.000,\"args\":{\"longest\":4}") != std::string::npos);
}
