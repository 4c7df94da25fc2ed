// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <moesaic/eviction/lrfu.hpp>
#include <moesaic/prediction/previous_step.hpp>
#include <moesaic/prefetch/most_useful.hpp>
#include <moesaic/scoring/recency.hpp>
#include <moesaic/trace/journal_words.hpp>
#include <moesaic/trace/journal_writer.hpp>

#include "conformance/allocations.hpp"
#include "residency_fixture.hpp"

using namespace moesaic;
using namespace residency_fixture;

namespace {
/// Counts what it is given; blocks are written whole, so there are few calls.
struct counting_sink {
  std::size_t* bytes;
  result<void> write(std::span<const std::byte> b) noexcept {
    *bytes += b.size();
    return {};
  }
};
using writer = trace::journal_writer<counting_sink>;

struct busy_bundle {
  group_per_layer groups{};
  scoring::recency scoring{};
  eviction::lrfu eviction{};
  admission::forced admission{};
  prediction::previous_step prediction{};
  prefetch::most_useful prefetch{};
  placement::fetch placement{};
  watched_by<writer> witness;
};

/// Keeps everything in words.
struct words_witness {
  std::vector<std::string>* said;
  void note(const seen::made&) const { said->emplace_back("made"); }
  template <class Seen>
  void note(const Seen& what) const noexcept {
    said->push_back(trace::journal::in_words(trace::journal::record(what)));
  }
};
struct told_bundle : residency_fixture::bundle<> {
  words_witness witness;
};
}  // namespace

TEST_CASE("a witness is told each call, answer and decision, in their order") {
  std::vector<std::string> said;
  told_bundle policies;
  policies.witness.said = &said;
  using core_type = residency<transports::simulated<>, told_bundle>;
  auto core = core_type::create(shape_of(1, 4, 2, 100), transports::simulated<>({.capacity = 2}), policies, {.budget = {{400}, 2}});
  REQUIRE(core);
  CHECK(said == std::vector<std::string>{"made", "cost of the link", "clock reads 0"});
  {
    const event_of first(0, 0, {0, 1});
    auto held = core->acquire(first);
    REQUIRE(held);
    (void)drain(*held);
  }
  core->end_step({.step = {0}});
  said.clear();
  {
    const event_of second(1, 0, {1, 2});
    auto held = core->acquire(second);
    REQUIRE(held);
    (void)drain(*held);
  }
  const std::vector<std::string> expected{"event of MoE layer 0 with 2 experts",
                                          "clock reads 20200",
                                          "cost of the link",
                                          "lease 0 begins",
                                          "(0,1) is resident",
                                          "(0,2) is absent",
                                          "eviction names (0,0) for (0,2), key 1 against 2",
                                          "admission keeps (0,2) in place of (0,0)",
                                          "(0,0) leaves for (0,2)",
                                          "(0,2) is admitted",
                                          "(0,2) travels to a slot",
                                          "next of lease 0",
                                          "poll answers 0 completions",
                                          "(0,1) is handed out from slot",
                                          "release of entry 0 of lease 0",
                                          "next of lease 0",
                                          "poll answers 0 completions",
                                          "poll answers 0 completions",
                                          "clock reads 20200",
                                          "wait answers 1 completions",
                                          "clock reads 30300",
                                          "(0,2) is handed out from slot",
                                          "release of entry 1 of lease 0",
                                          "next of lease 0",
                                          "end of lease 0"};
  CHECK(said == expected);
}

TEST_CASE("a journal costs no allocation on the way") {
  std::size_t bytes = 0;
  auto to = writer::open(counting_sink{&bytes}, {"m", {{"eviction", "lrfu"}}});
  REQUIRE(to);
  busy_bundle policies;
  policies.witness.to = &*to;
  auto core = residency<transports::simulated<>, busy_bundle>::create(shape_of(3, 16, 4, 100), transports::simulated<>({.capacity = 4}), policies,
                                                                      {.budget = {{1'700}, 2}});
  REQUIRE(core);
  std::vector<expert_index> routes(4);
  const std::vector<float> weights(4, 0.25F);
  demand_collector collector(16);
  const std::uint64_t before = conformance::allocations();
  for (std::uint64_t step = 0; step < 300; ++step) {
    for (std::uint32_t l = 0; l < 3; ++l) {
      for (std::uint32_t i = 0; i < 4; ++i) routes[i] = static_cast<expert_index>((step * 5 + l * 3 + i * (1 + step % 3)) % 16);
      auto held = core->acquire({{step},
                                 {step},
                                 static_cast<layer_index>(l),
                                 phase::decode,
                                 1,
                                 collector.collect({.tokens = 1, .experts = routes, .weights = weights}),
                                 routes,
                                 weights});
      if (!held) break;
      for (;;) {
        const auto next = held->next();
        if (!next || !*next) break;
        held->release(**next);
      }
    }
    core->end_step({.step = {step}, .committed = {1}});
  }
  CHECK(conformance::allocations() == before);
  CHECK(core->count().events == 900);
  CHECK(core->count().evictions > 300);
  CHECK(bytes > 50'000);
  REQUIRE(to->finish(core->count()));
}
