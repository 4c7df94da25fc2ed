// SPDX-License-Identifier: MIT
#include "pattern_bench.hpp"

#include <moesaic/transport/instant.hpp>
#include <moesaic/transport/memory_copy.hpp>
#include <moesaic/transport/simulated.hpp>
#include <moesaic/transport/slow.hpp>

using namespace moesaic;
using namespace moesaic::transports;

namespace {
transfer of(std::uint64_t number, std::uint64_t size, cause why = cause::demand) { return {ticket{number}, make_expert(0, 0), nullptr, bytes{size}, why, {}}; }
/// When each of the submitted tickets is reported, by a clock in the hand.
template <class Link>
std::vector<std::pair<std::uint64_t, std::int64_t>> reports(Link& link) {
  std::vector<std::pair<std::uint64_t, std::int64_t>> told;
  std::array<completion, 4> out{};
  while (const std::uint32_t n = link.wait(out))
    for (std::uint32_t i = 0; i < n; ++i) told.emplace_back(out[i].number.number, link.now().count);
  return told;
}
using reported = std::vector<std::pair<std::uint64_t, std::int64_t>>;
}  // namespace

TEST_CASE("slow over a simulated link is a transport") {
  conformance::a_transport(
      pattern_bench([] { return slow(simulated({.capacity = 6, .overhead = {7}, .rate = {1e9}}, pattern_content{}), {.rate = {0.9e9}}); }));
}

TEST_CASE("slow over an instant one is a transport") {
  conformance::a_transport(pattern_bench([] { return slow(instant(6, pattern_content{}), {.rate = {1e9}, .demand_first = false}); }));
}

TEST_CASE("slow by the real clock is a transport") {
  static std::array<std::byte, 4'096> far{};
  struct bench {
    std::array<expert_id, 2> ids{make_expert(0, 0), make_expert(0, 1)};
    auto link() const {
      memory_source source(expert_space(1, 2));
      for (const expert_id e : ids) source.add(e, {far.data(), size(e), 0});
      return slow(memory_copy(std::move(source), {.capacity = 4}), {.rate = {4e9}});  // about a microsecond each
    }
    std::span<const expert_id> experts() const { return ids; }
    bytes size(expert_id e) const { return {2'000 + 1'000 * number(e.expert)}; }
    std::size_t alignment() const { return 1; }
    bool right(expert_id e, const std::byte* room) const { return std::equal(room, room + size(e).count, far.begin()); }
  };
  for (std::size_t i = 0; i < far.size(); ++i) far[i] = static_cast<std::byte>(i % 251);
  conformance::a_transport(bench{}, 300);
}

TEST_CASE("whichever is later: the slow link's time, or the real arrival") {
  slow quick(instant(3), {.rate = {1e9}, .overhead = {10}});
  for (std::uint64_t n = 1; n <= 3; ++n) quick.submit(of(n, 90));
  CHECK(reports(quick) == reported{{1, 100}, {2, 200}, {3, 300}});

  slow lame(simulated({.capacity = 3, .overhead = {10}, .rate = {0.5e9}}), {.rate = {1e9}});
  for (std::uint64_t n = 1; n <= 2; ++n) lame.submit(of(n, 100));
  CHECK(reports(lame) == reported{{1, 210}, {2, 420}});
  CHECK(lame.cost().overhead == nanoseconds{10});
  CHECK(lame.cost().rate.count == 0.5e9);
}

TEST_CASE("time for computing counts for the slow link") {
  slow link(instant(3), {.rate = {1e9}});
  for (std::uint64_t n = 1; n <= 3; ++n) link.submit(of(n, 100));
  std::array<completion, 3> out{};
  link.advance({99});
  CHECK(link.poll(out) == 0);
  link.advance({101});
  CHECK(link.poll(out) == 2);
  CHECK(reports(link) == reported{{3, 300}});
}

TEST_CASE("demand overtakes on the slow link, and a cancelled one gives its time back") {
  slow link(instant(4), {.rate = {1e9}});
  for (std::uint64_t n = 1; n <= 3; ++n) link.submit(of(n, 100, cause::prefetch));
  link.submit(of(4, 100, cause::demand));
  CHECK_FALSE(link.cancel(ticket{1}));  // travels
  CHECK(link.cancel(ticket{2}));        // complete inside, but its turn has not come
  CHECK_FALSE(link.cancel(ticket{2}));
  CHECK(reports(link) == reported{{1, 100}, {4, 200}, {3, 300}});
}

TEST_CASE("a ticket cancelled inside while it travels frees the slow link") {
  slow link(simulated({.capacity = 2, .overhead = {0}, .rate = {1e3}}), {.rate = {1e9}});
  link.submit(of(1, 1));  // a millisecond inside, a nanosecond outside
  link.submit(of(2, 1'000'000));
  link.advance({10});  // 2 travels outside and waits inside
  CHECK(link.cancel(ticket{2}));
  CHECK_FALSE(link.cancel(ticket{1}));
  CHECK(reports(link) == reported{{1, 1'000'000}});
  link.submit(of(3, 1));
  CHECK(reports(link) == reported{{3, 2'000'000}});
}

TEST_CASE("reads in place share the slow link") {
  slow link(instant(2), {.rate = {1e9}});
  link.charge({50});
  CHECK(link.now() == nanoseconds{50});
  link.submit(of(1, 100));
  link.charge({30});
  CHECK(link.now() == nanoseconds{80});
  CHECK(reports(link) == reported{{1, 180}});
}

TEST_CASE("a rate of 0 means no limit") {
  slow link(instant(2), {.rate = {0}});
  link.submit(of(1, 1'000'000));
  CHECK(reports(link) == reported{{1, 1}});
}
