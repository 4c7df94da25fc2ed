// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <cmath>
#include <initializer_list>
#include <limits>
#include <type_traits>
#include <vector>

#include <moesaic/core/decayed_count.hpp>

#include "support/splitmix.hpp"

namespace {
using namespace moesaic;

static_assert(std::is_trivially_copyable_v<decayed_count> && sizeof(decayed_count) == 16);
static_assert(noexcept(decayed_count{} += decayed_count{}) && noexcept(decayed_count{}.worth()));

constexpr decayed_count sum(decayed_count a, decayed_count b) { return a += b; }
constexpr double two_to(int n) {
  double x = 1;
  for (; n > 0; --n) x *= 2;
  for (; n < 0; ++n) x /= 2;
  return x;
}
static_assert(sum({1, 0}, {1, 0}) == decayed_count{2, 0});
static_assert(sum({2, 7}, {1, 7}) == decayed_count{3, 7});
static_assert(sum({}, {1, 5}) == decayed_count{1, 5} && sum({1, 5}, {}) == decayed_count{1, 5} && sum({}, {}) == decayed_count{});
static_assert(sum({1, 0}, {3, 1}) == sum({3, 1}, {1, 0}));
static_assert(sum({two_to(511), 0}, {1, 1}) == decayed_count{1.5, 1});       // an epoch is 512 half-lives
static_assert(sum({two_to(511), 0}, {1, 2}) == decayed_count{1, 2});          // too small to be seen
static_assert(sum({two_to(460), 0}, {1, 1}) == decayed_count{1 + two_to(-52), 1});  // the last place that can be
static_assert(sum({1, 0}, {1, std::numeric_limits<std::int64_t>::max()}).epoch == std::numeric_limits<std::int64_t>::max());
static_assert(decayed_count{}.worth() == utility::lowest() && decayed_count{1, 0}.worth() == utility{0});
static_assert(decayed_count{two_to(512), 4}.worth() == decayed_count{1, 5}.worth());  // one number written in two ways
static_assert(decayed_count{1.999, 4}.worth() < decayed_count{2, 4}.worth());
static_assert(decayed_count{two_to(511), (1 << 14) - 2}.worth() < utility::highest());
static_assert(decayed_count{1, (1 << 14) - 1}.worth() == utility::highest());  // saturates instead of overflowing
static_assert(decayed_count{1, std::int64_t{1} << 60}.worth() == utility::highest());

/// As of token 0, as far as a long double goes.
long double value_of(decayed_count c) { return std::ldexp(static_cast<long double>(c.value), static_cast<int>(512 * c.epoch)); }

TEST_CASE("random sums of powers of two agree with exact integers") {
  moesaic_test::splitmix random{17};
  const decay_clock clock(1);
  for (const std::uint64_t start : {0ULL, 500ULL, 5'110ULL}) {  // within an epoch, and across the border of two
    for (int round = 0; round < 5'000; ++round) {
      std::uint64_t exact = 0;
      decayed_count c;
      for (std::uint32_t i = random.between(1, 30); i > 0; --i) {
        const std::uint64_t t = random.below(48);  // in any order, several at one token
        exact += std::uint64_t{1} << t;
        c += clock.use_at({start + t});
      }
      REQUIRE(std::ldexp(value_of(c), -static_cast<int>(start)) == static_cast<long double>(exact));
    }
  }
}

TEST_CASE("one use is worth 2^(t/h), for half-lives that are no powers of two as well") {
  if (std::numeric_limits<long double>::digits < 64) return;  // nothing more precise to compare with
  for (const std::uint32_t h : {1U, 2U, 3U, 5U, 7U, 16U, 31U, 32U, 100U, 1'000U, 4'096U, 65'535U, 65'536U}) {
    const decay_clock clock(h);
    double before = 0;
    for (std::uint32_t t = 0; t < h; ++t) {
      const decayed_count use = clock.use_at({t});
      REQUIRE(use.epoch == 0);
      REQUIRE(use.value >= 1);
      REQUIRE(use.value < 2);
      REQUIRE(use.value > before);  // later is worth more, always
      before = use.value;
      const long double exact = std::exp2(static_cast<long double>(t) / h);
      REQUIRE(std::abs(value_of(use) / exact - 1) < std::ldexp(1.0L, -52));
    }
    const decayed_count far = clock.use_at({1'000'000ULL * h + h / 2});
    CHECK(far.epoch == 1'000'000 / 512);
    CHECK(far.value == std::ldexp(clock.use_at({h / 2}).value, 1'000'000 % 512));
  }
}

/// F ← F·2^(−Δ/h) + 1, as the paper writes it.
struct obvious_count {
  long double f = 0;
  std::uint64_t last = 0;
  long double at(std::uint64_t now, std::uint32_t h) const { return f * std::exp2(-static_cast<long double>(now - last) / h); }
  void use(std::uint64_t now, std::uint32_t h) {
    f = at(now, h) + 1;
    last = now;
  }
};

TEST_CASE("worths compare like counts that are decayed to now, and equal histories tie") {
  moesaic_test::splitmix random{23};
  std::uint64_t compared = 0;
  for (const std::uint32_t h : {1U, 3U, 16U, 32U, 100U, 4'096U}) {
    const decay_clock clock(h);
    constexpr std::uint32_t experts = 12;
    std::vector<obvious_count> twin(experts);
    std::vector<decayed_count> count(experts);
    for (std::uint64_t token = 0; token < 3'000; token += random.between(1, 4)) {
      for (std::uint32_t e = 0; e < experts; e += 2) {
        if (!random.chance(200 + 50 * e)) continue;
        for (const std::uint32_t pair : {e, e + 1}) {  // neighbours share every use: they must tie at all times
          twin[pair].use(token, h);
          count[pair] += clock.use_at({token});
        }
      }
      for (std::uint32_t a = 0; a < experts; ++a)
        for (std::uint32_t b = 0; b < experts; ++b) {
          if (a / 2 == b / 2) {
            REQUIRE(count[a].worth() == count[b].worth());
            continue;
          }
          const long double x = twin[a].at(token, h), y = twin[b].at(token, h);
          if (std::abs(x - y) <= 4e-12L * (x + y)) continue;  // closer than the 40 bits that worth() keeps
          ++compared;
          REQUIRE((count[a].worth() < count[b].worth()) == (x < y));
        }
    }
  }
  CHECK(compared > 500'000);
}

TEST_CASE("the order holds after a hundred million tokens") {
  const decay_clock clock(32);
  decayed_count often, lately;
  for (std::uint64_t t = 100'000'000; t < 100'000'010; ++t) often += clock.use_at({t});
  lately += clock.use_at({100'000'050});
  CHECK(often.worth() > lately.worth());   // ten uses 50 tokens ago are worth about 3.7 of now
  lately += clock.use_at({100'000'051});
  lately += clock.use_at({100'000'052});
  lately += clock.use_at({100'000'053});
  CHECK(often.worth() < lately.worth());
  CHECK(lately.worth() < utility::highest());
}

TEST_CASE("never used is worth less than used once, long ago") { CHECK(decayed_count{}.worth() < decay_clock(65'536).use_at({0}).worth()); }

}  // namespace
