// SPDX-License-Identifier: MIT
#include "pattern_bench.hpp"

#include <moesaic/transport/failing.hpp>
#include <moesaic/transport/instant.hpp>
#include <moesaic/transport/reordering.hpp>
#include <moesaic/transport/simulated.hpp>

using namespace moesaic;
using namespace moesaic::transports;

namespace {
simulated<pattern_content> plain() { return simulated({.capacity = 6, .overhead = {7}, .rate = {1e9}}, pattern_content{}); }

/// Statuses of `many` transfers, one at a time, each of another expert of layer 0.
std::vector<transfer_status> fates(const failing_options& options, std::uint32_t many) {
  failing link(instant(4), options);
  std::vector<transfer_status> told;
  std::array<completion, 1> out{};
  for (std::uint32_t n = 0; n < many; ++n) {
    link.submit({ticket{n + 1}, make_expert(0, n), nullptr, bytes{100}, cause::demand, {}});
    REQUIRE(link.wait(out) == 1);
    CHECK(out[0].number == ticket{n + 1});
    told.push_back(out[0].status);
  }
  const auto wrong = std::count_if(told.begin(), told.end(), [](transfer_status s) { return s != transfer_status::arrived; });
  CHECK(link.failed() == static_cast<std::uint64_t>(wrong));
  return told;
}
}  // namespace

TEST_CASE("a failing transport is a transport") {
  std::uint64_t seed = 0;
  conformance::a_transport(failing_bench([&seed] { return failing(plain(), {.per_million = 300'000, .late_by = 3, .seed = ++seed}); }));
}

TEST_CASE("a transport whose transfers are late is a transport that does not fail") {
  conformance::a_transport(pattern_bench([] { return failing(plain(), {.how = failure::late, .every = 2, .late_by = 5}); }));
}

TEST_CASE("failing, reordering and the simulated link, one in the other") {
  std::uint64_t seed = 0;
  conformance::a_transport(failing_bench([&seed] { return reordering(failing(plain(), {.per_million = 200'000}), ++seed); }));
}

TEST_CASE("chosen are: each n-th, chosen experts, and some by chance") {
  using enum transfer_status;
  CHECK(fates({.how = failure::read_error, .every = 3}, 7) == std::vector{arrived, arrived, read_error, arrived, arrived, read_error, arrived});
  CHECK(fates({.how = failure::short_read, .experts = {make_expert(0, 1), make_expert(0, 2)}}, 4) == std::vector{arrived, short_read, short_read, arrived});
  CHECK(fates({.how = failure::refused, .every = 2}, 3) == std::vector{arrived, refused, arrived});
  CHECK(fates({}, 3) == std::vector{arrived, arrived, arrived});
  const auto some = fates({.per_million = 250'000, .seed = 9}, 2'000);
  CHECK(some == fates({.per_million = 250'000, .seed = 9}, 2'000));
  CHECK(some != fates({.per_million = 250'000, .seed = 10}, 2'000));
  for (const transfer_status s : {short_read, read_error, refused}) {
    const auto n = std::count(some.begin(), some.end(), s);
    CHECK((n > 80 && n < 170));  // a quarter of a quarter, of 2,000
  }
}

TEST_CASE("what failed says how much travelled, and why") {
  for (const failure how : {failure::short_read, failure::read_error, failure::refused}) {
    failing link(instant(1), {.how = how, .every = 1});
    std::array<completion, 1> out{};
    link.submit({ticket{1}, make_expert(0, 0), nullptr, bytes{100}, cause::demand, {}});
    REQUIRE(link.poll(out) == 1);
    CHECK(out[0].moved == bytes{how == failure::short_read ? 50U : how == failure::read_error ? 100U : 0U});
    CHECK(out[0].system_error == (how == failure::read_error ? 5 : 0));
  }
}

TEST_CASE("late ones come after so many polls, or when a wait has nothing else") {
  failing link(instant(4), {.how = failure::late, .experts = {make_expert(0, 1)}, .late_by = 3});
  std::array<completion, 4> out{};
  const auto ask = [&](std::uint64_t n, std::uint32_t e) { link.submit({ticket{n}, make_expert(0, e), nullptr, bytes{1}, cause::demand, {}}); };
  ask(1, 1);
  ask(2, 0);
  REQUIRE(link.poll(out) == 1);
  CHECK(out[0].number == ticket{2});
  CHECK(link.poll(out) == 0);
  CHECK(link.poll(out) == 0);
  REQUIRE(link.poll(out) == 1);
  CHECK(out[0].number == ticket{1});
  ask(3, 1);
  CHECK(link.poll(out) == 0);
  REQUIRE(link.wait(out) == 1);
  CHECK(out[0].number == ticket{3});
  CHECK(link.failed() == 0);
}

TEST_CASE("a cancelled one takes its fate with it") {
  failing link(simulated({.capacity = 2}), {.how = failure::read_error, .experts = {make_expert(0, 1)}});
  std::array<completion, 2> out{};
  link.submit({ticket{1}, make_expert(0, 0), nullptr, bytes{1}, cause::demand, {}});
  link.submit({ticket{2}, make_expert(0, 1), nullptr, bytes{1}, cause::demand, {}});
  CHECK(link.cancel(ticket{2}));
  link.submit({ticket{2}, make_expert(0, 0), nullptr, bytes{1}, cause::demand, {}});
  for (int i = 0; i < 2; ++i) {
    REQUIRE(link.wait(out) == 1);
    CHECK(out[0].status == transfer_status::arrived);
  }
  CHECK(link.failed() == 0);
}
