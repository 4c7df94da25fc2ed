// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <moesaic/admission/forced.hpp>
#include <moesaic/cache/residency.hpp>
#include <moesaic/cuda/nvtx_ranges.hpp>
#include <moesaic/eviction/lru.hpp>
#include <moesaic/placement/fetch.hpp>
#include <moesaic/prediction/none.hpp>
#include <moesaic/prefetch/none.hpp>
#include <moesaic/scoring/none.hpp>
#include <moesaic/transport/simulated.hpp>

using namespace moesaic;

namespace {

/// A tool that writes down what it is told.
struct written {
  std::vector<std::string> lines;
  std::map<std::uint64_t, std::string> open;
  std::uint64_t last = 0;
};
struct tool {
  written* to = nullptr;

  [[nodiscard]] bool on() const noexcept { return to != nullptr; }
  std::uint64_t start(cuda::range_kind, const char* text, std::uint64_t payload) noexcept {
    to->open.emplace(++to->last, text);
    to->lines.push_back("+ " + std::string(text) + " [" + std::to_string(payload) + "]");
    return to->last;
  }
  void end(std::uint64_t range) noexcept {
    const auto found = to->open.find(range);
    to->lines.push_back(found == to->open.end() ? "a range that was not open" : "- " + found->second);
    if (found != to->open.end()) to->open.erase(found);
  }
  void mark(cuda::range_kind, const char* text) noexcept { to->lines.push_back(std::string("! ") + text); }
};

// [watched]
struct watched_engine {
  group_per_layer groups;
  scoring::none scoring;
  eviction::lru eviction;
  admission::forced admission;
  prediction::none prediction;
  prefetch::none prefetch;
  placement::fetch placement;
  cuda::nvtx_ranges<> witness{cuda::nvtx_domain("moesaic")};  // without the name it is off
};
// [/watched]
static_assert(residency_bundle<watched_engine>);

template <class Witness>
struct watched_policies {
  group_per_layer groups;
  scoring::none scoring;
  eviction::lru eviction;
  admission::forced admission;
  prediction::none prediction;
  prefetch::none prefetch;
  placement::fetch placement;
  Witness witness;
};

/// Steps of one layer of four experts of 10 bytes, in a budget of one frame and two slots.
template <class Witness>
counters run(Witness witness, const std::vector<std::vector<std::uint32_t>>& steps) {
  using cache_type = residency<transports::simulated<>, watched_policies<Witness>>;
  const auto shape = model_shape::uniform(1, 4, 2, {10});
  REQUIRE(shape);
  watched_policies<Witness> policies{{}, {}, {}, {}, {}, {}, {}, std::move(witness)};
  auto cache = cache_type::create(*shape, transports::simulated<>(), std::move(policies), {.budget = {{30}, 1}});
  REQUIRE(cache);
  for (std::uint64_t s = 0; s < steps.size(); ++s) {
    std::vector<demand> wanted;
    for (const std::uint32_t e : steps[s]) wanted.push_back({static_cast<expert_index>(e), 1, {}});
    layer_event event;
    event.step = {s};
    event.first_token = {s};
    event.wanted = wanted;
    auto lease = cache->acquire(event);
    REQUIRE(lease);
    while (const auto seat = *lease->next()) lease->release(*seat);
  }
  return cache->count();
}

}  // namespace

TEST_CASE("decisions, leases and transfers are ranges, who left is a mark") {
  written told;
  run(cuda::nvtx_ranges<tool>(tool{&told}), {{0, 1}, {0, 2}});
  CHECK(told.open.empty());
  CHECK(told.lines == std::vector<std::string>{"+ acquire layer 0 [2]", "+ lease of layer 0 [0]", "+ demand (0,0) [10]", "+ demand (0,1) [10]",
                                               "- acquire layer 0", "- demand (0,0)", "- demand (0,1)", "- lease of layer 0",  //
                                               "+ acquire layer 0 [2]", "+ lease of layer 0 [0]", "! (0,1) left for (0,2)", "+ demand (0,2) [10]",  //
                                               "- acquire layer 0", "- demand (0,2)", "- lease of layer 0"});
}

TEST_CASE("as many transfers as the counters count, and none left open") {
  written told;
  std::vector<std::vector<std::uint32_t>> steps;
  for (std::uint32_t i = 0; i < 200; ++i) steps.push_back(i % 3 == 0 ? std::vector<std::uint32_t>{0, 1, 2, 3} : std::vector<std::uint32_t>{i % 4});
  const counters count = run(cuda::nvtx_ranges<tool>(tool{&told}), steps);
  std::uint64_t demands = 0;
  for (const std::string& line : told.lines) {
    demands += line.starts_with("+ demand") ? 1 : 0;
    CHECK(line != "a range that was not open");
  }
  CHECK(demands == count.accesses - count.hits);
  CHECK(told.open.empty());
}

TEST_CASE("prefetches, failures, withdrawals and losses end their ranges") {
  written told;
  {
    const auto shape = model_shape::uniform(1, 4, 2, {10});
    REQUIRE(shape);
    cuda::nvtx_ranges<tool> ranges(tool{&told});
    seen::made made{*shape, {}, {}};
    made.link_capacity = 3;
    ranges.note(made);
    for (std::uint32_t e = 0; e < 3; ++e) ranges.note(seen::submitted{make_expert(0, e), {10}, cause::prefetch, residence::slot});
    ranges.note(seen::cancelled{ticket{1}, false});
    CHECK(told.open.size() == 3);
    ranges.note(seen::cancelled{ticket{2}, true});
    const std::vector<completion> failed{{ticket{1}, transfer_status::read_error, {}, 5}};
    ranges.note(seen::completions{false, failed});
    CHECK(told.lines.back() == "- prefetch (0,0)");
    ranges.note(seen::completions{false, {}});
    CHECK(told.open.size() == 1);
    ranges.note(seen::completions{true, {}});  // lost
    CHECK(told.open.empty());
    ranges.note(seen::submitted{make_expert(0, 3), {10}, cause::demand, residence::slot});
    cuda::nvtx_ranges<tool> elsewhere(std::move(ranges));
    CHECK(told.open.size() == 1);
  }
  CHECK(told.open.empty());
  CHECK(told.lines.back() == "- demand (0,3)");
}

TEST_CASE("off as it is made: nothing is kept and nothing said") {
  cuda::nvtx_ranges<> off;
  CHECK_FALSE(cuda::nvtx_domain().on());
  const counters count = run(std::move(off), {{0, 1}, {2, 3}});
  CHECK(count.accesses == 4);
}
