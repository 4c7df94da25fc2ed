// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <array>
#include <cstdint>
#include <vector>

#include <moesaic/eviction/random.hpp>

#include "eviction/bench.hpp"
#include "eviction/twin.hpp"

namespace {
using namespace moesaic;
using namespace moesaic_test;
using eviction::random;

TEST_CASE("random: stays while nothing happens, moves with the events") {
  eviction_bench b(random{.seed = 42});
  b.admit(0, {0, 1, 2, 3, 4, 5, 6, 7});
  std::uint32_t changes = 0;
  for (std::uint64_t token = 0; token < 100; ++token) {
    const auto before = b.victim();
    CHECK(b.victim() == before);
    b.use(token, 0, {0});
    changes += b.victim() != before;
  }
  CHECK(changes > 70);
}

TEST_CASE("random: every candidate has the same chance, also when the first one named is taken away") {
  // 80,000 draws of 8: each 10,000 expected with a standard deviation of 94. Chi-square with 7 degrees of freedom is below
  // 29.9 but in one of 10,000 seeds.
  eviction_bench b(random{.seed = 1});
  b.admit(0, {0, 1, 2, 3, 4, 5, 6, 7});
  std::array<double, 8> first{}, second{};
  for (std::uint64_t token = 0; token < 80'000; ++token) {
    b.use(token, 0, {0});
    const auto one = b.victim();
    REQUIRE(one.has_value());
    ++first[number(one->expert)];
    std::uint8_t& flag = b.world.flags[b.world.flat(*one)];
    flag |= residency_flag::leaving;
    const auto other = b.victim();
    REQUIRE(other.has_value());
    REQUIRE(*other != *one);
    ++second[number(other->expert)];
    flag = residency_flag::resident;
  }
  double chi_first = 0, chi_second = 0;
  for (std::size_t i = 0; i < 8; ++i) {
    chi_first += (first[i] - 10'000) * (first[i] - 10'000) / 10'000;
    chi_second += (second[i] - 10'000) * (second[i] - 10'000) / 10'000;
  }
  CHECK(chi_first < 29.9);
  CHECK(chi_second < 29.9);
}

TEST_CASE("random: seeds differ, equal seeds do not") {
  const auto run = [](std::uint64_t seed) {
    eviction_bench b(random{.seed = seed});
    b.admit(0, {0, 1, 2, 3, 4, 5, 6, 7});
    std::vector<std::uint32_t> victims;
    for (std::uint64_t token = 0; token < 50; ++token) {
      b.use(token, 0, {0});
      victims.push_back(number(b.victim()->expert));
    }
    return victims;
  };
  CHECK(run(5) == run(5));
  CHECK(run(5) != run(6));
  // Counted once with 128-bit integers in another language: the same on every platform.
  const auto seed_0 = run(0);
  CHECK(std::vector(seed_0.begin(), seed_0.begin() + 8) == std::vector<std::uint32_t>{7, 3, 5, 4, 5, 7, 1, 0});
}

TEST_CASE("random: agrees with a twin that draws for everybody and sorts") {
  struct slow_random {
    std::uint64_t heard = 0;
    void hear(const twins::policy_world&, const inventory&) {}
    void hear(const twins::policy_world&, const layer_event&) { ++heard; }
    void hear(const twins::policy_world&, const admitted&) { ++heard; }
    void hear(const twins::policy_world&, const evicted&) { ++heard; }
    void hear(const twins::policy_world&, const lease_ended&) {}
    static std::uint64_t mixed(std::uint64_t x) { return moesaic_test::splitmix{x}(); }
    [[nodiscard]] std::uint64_t rank(std::uint32_t flat) const { return mixed(mixed(mixed(9) + heard) + flat); }
  };
  std::uint64_t wrong = 0;
  const std::uint64_t questions = twins::play_beside(random{.seed = 9}, slow_random{}, 1, 400, 300,
                                                     [&](const twins::policy_world& w, const random&, const slow_random& t,
                                                         const std::vector<std::uint32_t>& candidates, expert_id, std::optional<expert_id> victim) {
                                                       std::optional<expert_id> least;
                                                       for (const std::uint32_t f : candidates)
                                                         if (!least || t.rank(f) < t.rank(w.flat(*least))) least = w.id(f);
                                                       wrong += victim != least;
                                                     });
  CHECK(wrong == 0);
  CHECK(questions > 100'000);
}

}  // namespace
