// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <array>
#include <string>
#include <vector>

#include <moesaic/sim/journal_script.hpp>

#include "trace/journal_run.hpp"

using namespace moesaic;

namespace {
using reader = journal_run::reader;

std::vector<std::byte> journal_with(auto... records) {
  std::vector<std::byte> file;
  auto to = journal_run::writer::open(trace::memory_sink(file), journal_run::about());
  REQUIRE(to);
  journal_run::begin(*to);
  (to->note(records), ...);
  REQUIRE(to->finish({}));
  return file;
}
reader open(const std::vector<std::byte>& file) {
  auto opened = reader::open(trace::memory_source("s.journal", file));
  REQUIRE(opened);
  return std::move(*opened);
}
transfer of(std::uint64_t n) { return {ticket{n}, make_expert(0, 0), nullptr, bytes{10}, cause::demand, {}}; }
}  // namespace

static_assert(transport<sim::scripted_link<reader>>);

TEST_CASE("the transport's answers come in their order to who asks for them") {
  const std::vector<completion> told{{{1}, transfer_status::arrived, {10}, 0}};
  const auto file = journal_with(link_cost{{5}, {2e9}}, seen::clock{{7}}, seen::completions{}, seen::completions{true, told}, seen::cancelled{{2}, true});
  reader from = open(file);
  sim::journal_script script(from);
  sim::scripted_link link(script);
  std::array<completion, 4> out{};
  CHECK(link.capacity() == 3);
  CHECK(link.cost().overhead == nanoseconds{5});
  CHECK(link.now() == nanoseconds{7});
  link.submit(of(1));
  link.submit(of(2));
  CHECK(link.poll(out) == 0);
  CHECK(link.wait(out) == 1);
  CHECK(out[0].number == ticket{1});
  CHECK(link.cancel(ticket{2}));
  CHECK(script.live());
  CHECK_FALSE(script.trouble());
}

TEST_CASE("asked for something else it says where, and refuses what is open, so that nobody hangs") {
  const auto file = journal_with(seen::clock{{7}}, seen::completions{});
  for (int what = 0; what < 4; ++what) {
    reader from = open(file);
    sim::journal_script script(from);
    sim::scripted_link link(script);
    std::array<completion, 4> out{};
    link.submit(of(1));
    link.submit(of(2));
    if (what == 0) (void)link.cost();
    if (what == 1) (void)link.poll(out.data() == nullptr ? std::span<completion>{} : std::span(out).first(0));
    if (what == 2) CHECK_FALSE(link.cancel(ticket{2}));
    if (what == 3) {
      CHECK(link.now() == nanoseconds{7});
      CHECK(link.wait(out) == 2);
      CHECK(out[0].status == transfer_status::refused);
      CHECK(link.wait(out) == 0);
    } else {
      CHECK(script.trouble());
      CHECK(script.trouble()->sentence().find("s.journal: byte ") == 0);
      CHECK(link.now() == nanoseconds{});  // the clock stands
      CHECK(link.wait(out) == 2);
    }
    CHECK_FALSE(script.live());
    CHECK(script.peek() == nullptr);
  }
}

TEST_CASE("decisions are held against the journal's") {
  const auto file = journal_with(seen::found{make_expert(1, 2), residency_state::absent, false}, seen::wish{});
  {
    reader from = open(file);
    sim::journal_script script(from);
    script.check(seen::found{make_expert(1, 2), residency_state::absent, false});
    script.check(seen::wish{});
    CHECK(script.live());
    CHECK(script.decisions() == 2);
  }
  {
    reader from = open(file);
    sim::journal_script script(from);
    script.check(seen::found{make_expert(1, 2), residency_state::resident, false});
    REQUIRE(script.trouble());
    const std::string said(script.trouble()->sentence());
    CHECK(said.find("the journal says '(1,2) is absent', and the policies now decide '(1,2) is resident'") != std::string::npos);
    script.object("says something else");
    CHECK(script.trouble()->sentence() == said);  // the first counts
  }
  {
    reader from = open(file);
    sim::journal_script script(from);
    script.check(seen::wish{});  // another kind
    CHECK(script.trouble());
  }
}
