// SPDX-License-Identifier: MIT
#include "tape_bench.hpp"

#include <moesaic/transport/failing.hpp>
#include <moesaic/transport/recorded.hpp>
#include <moesaic/transport/reordering.hpp>
#include <moesaic/transport/replayed.hpp>
#include <moesaic/transport/simulated.hpp>

using namespace moesaic;
using namespace moesaic::transports;

namespace {
/// A run with everything in it, recorded.
tape a_run() {
  recorded link(failing(reordering(simulated({.capacity = 5, .overhead = {7}, .rate = {1e9}}), 4), {.per_million = 100'000}), 1'000'000);
  bookkeeping_bench bench(link);
  conformance::survives_random_traffic(bench, 3'000, 6);
  (void)link.cost();
  REQUIRE(link.so_far().complete());
  return link.so_far();
}
transfer of(std::uint64_t n) { return {ticket{n}, make_expert(0, 0), nullptr, bytes{10}, cause::demand, {}}; }
}  // namespace

TEST_CASE("the same questions get the same answers: a run is repeated entry by entry") {
  const tape first = a_run();
  recorded again(replayed(first), 1'000'000);
  bookkeeping_bench bench(again);
  conformance::survives_random_traffic(bench, 3'000, 6);
  (void)again.cost();
  CHECK(again.inner().finished());
  CHECK_FALSE(again.inner().diverged());
  CHECK(again.so_far() == first);
}

TEST_CASE("other questions: it says where, and the contract holds to the end") {
  const tape first = a_run();
  replayed link(first);
  bookkeeping_bench bench(link);
  conformance::survives_random_traffic(bench, 3'000, 7);  // every ticket ends exactly once all the same
  CHECK(link.diverged());
  CHECK_FALSE(link.finished());
  CHECK(link.position() < first.entries().size());
}

TEST_CASE("each kind of difference is seen") {
  recorded original(simulated({.capacity = 2, .overhead = {10}, .rate = {1e9}}));
  std::array<completion, 2> out{};
  original.submit(of(1));
  original.submit(of(2));
  CHECK(original.poll(out) == 0);
  CHECK(original.poll(out) == 0);
  CHECK(original.cancel(ticket{2}));
  CHECK(original.wait(out) == 1);
  CHECK(original.now() == nanoseconds{20});
  const tape t = original.so_far();

  SUBCASE("another ticket") {
    replayed link(t);
    link.submit(of(3));
    CHECK(link.diverged());
    CHECK(link.position() == 0);
    REQUIRE(link.wait(out) == 1);
    CHECK(out[0].number == ticket{3});
    CHECK(out[0].status == transfer_status::refused);
    CHECK(link.wait(out) == 0);
  }
  SUBCASE("another expert, size or cause") {
    for (int what = 0; what < 3; ++what) {
      replayed link(t);
      transfer other = of(1);
      if (what == 0) other.expert = make_expert(0, 1);
      if (what == 1) other.size = {11};
      if (what == 2) other.why = cause::prefetch;
      link.submit(other);
      CHECK(link.diverged());
    }
  }
  SUBCASE("fewer polls") {
    replayed link(t);
    link.submit(of(1));
    link.submit(of(2));
    CHECK(link.poll(out) == 0);
    CHECK_FALSE(link.diverged());
    CHECK_FALSE(link.cancel(ticket{2}));
    CHECK(link.diverged());
    CHECK(link.poll(out) == 2);
  }
  SUBCASE("another cancel") {
    replayed link(t);
    link.submit(of(1));
    link.submit(of(2));
    CHECK(link.poll(out) == 0);
    CHECK(link.poll(out) == 0);
    CHECK_FALSE(link.cancel(ticket{1}));
    CHECK(link.diverged());
    CHECK(link.position() == 3);
  }
  SUBCASE("less room, and beyond the end") {
    replayed link(t);
    link.submit(of(1));
    link.submit(of(2));
    CHECK(link.poll(out) == 0);
    CHECK(link.poll(out) == 0);
    CHECK(link.cancel(ticket{2}));
    SUBCASE("less room") {
      CHECK(link.wait({}) == 0);
      CHECK(link.diverged());
    }
    SUBCASE("beyond the end") {
      CHECK(link.wait(out) == 1);
      CHECK(link.now() == nanoseconds{20});
      CHECK(link.finished());
      CHECK(link.now() == nanoseconds{20});  // no reading is left: the clock stands
      CHECK(link.diverged());
      CHECK(link.wait(out) == 0);
    }
  }
}
