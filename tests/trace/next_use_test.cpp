// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <span>
#include <utility>
#include <vector>

#include <moesaic/trace/next_use.hpp>
#include <moesaic/trace/windows.hpp>

#include "support/splitmix.hpp"

using namespace moesaic;
using namespace moesaic::trace;

namespace {

TEST_CASE("an access knows the next event of its expert; other layers and later sequences only where they count") {
  event_table t;
  t.shape = {2, 3, 1};
  // step 0: layer 0 {0,1}, layer 1 {0}; step 1: layer 0 {1}; next sequence: layer 0 {0}
  t.steps = {{0, 0, 0, 1, 0, phase::decode}, {3, 2, 1, 1, 0, phase::decode}, {4, 3, 2, 1, 1, phase::decode}};
  t.layers = {0, 1, 0, 0};
  t.sizes = {2, 1, 1, 1};
  t.experts = {0, 1, 0, 1, 0};
  CHECK(next_uses(t) == std::vector<std::uint32_t>{3, 2, no_next_use, no_next_use, no_next_use});
  CHECK(next_uses(t, true) == std::vector<std::uint32_t>{no_next_use, 2, no_next_use, no_next_use, no_next_use});
}

TEST_CASE("on random tables it is what looking ahead finds") {
  moesaic_test::splitmix dice{11};
  for (int round = 0; round < 100; ++round) {
    const dimensions shape{dice.between(1, 3), dice.between(1, 6), 1};
    window_builder builder(shape, {.window = dice.between(1, 3)});
    std::uint64_t token = 0;
    for (std::uint32_t s = 0, sequences = dice.between(1, 4); s < sequences; ++s)
      for (std::uint32_t i = dice.between(1, 8); i-- > 0; ++token) {
        std::vector<std::uint16_t> ids;
        for (std::uint32_t l = 0; l < shape.layers; ++l) ids.push_back(static_cast<std::uint16_t>(dice.below(shape.experts)));
        builder.add({.sequence = s, .first_token = token, .tokens = 1, .experts = ids, .weights = {}, .recorded = {}});
      }
    const event_table t = builder.finish();
    struct use {
      std::uint32_t event, layer, expert, sequence;
    };
    std::vector<use> uses;
    std::size_t access = 0;
    for (std::size_t s = 0; s < t.steps.size(); ++s)
      for (std::size_t e = t.steps[s].first_event; e < t.end_of(s); ++e)
        for (std::uint32_t i = 0; i < t.sizes[e]; ++i) uses.push_back({static_cast<std::uint32_t>(e), t.layers[e], t.experts[access++], t.steps[s].sequence});
    for (const bool within : {false, true}) {
      const std::vector<std::uint32_t> next = next_uses(t, within);
      REQUIRE(next.size() == uses.size());
      for (std::size_t i = 0; i < uses.size(); ++i) {
        std::uint32_t expected = no_next_use;
        for (std::size_t j = uses.size(); j-- > i + 1;)
          if (uses[j].layer == uses[i].layer && uses[j].expert == uses[i].expert && (!within || uses[j].sequence == uses[i].sequence)) expected = uses[j].event;
        CHECK(next[i] == expected);
      }
    }
  }
}

TEST_CASE("blocks hide nothing: a long table, forwards and backwards") {
  moesaic_test::splitmix dice{5};
  const dimensions shape{2, 40, 4};
  window_builder builder(shape, {});
  std::uint32_t sequence = 0;
  for (std::uint32_t token = 0; token < 30'000; ++token) {  // 240,000 accesses, four blocks
    std::vector<std::uint16_t> ids;
    for (int i = 0; i < 8; ++i) ids.push_back(static_cast<std::uint16_t>(std::min(dice.below(40), dice.below(40))));
    if (dice.chance(1)) ++sequence;
    builder.add({.sequence = sequence, .first_token = token, .tokens = 1, .experts = ids, .weights = {}, .recorded = {}});
  }
  const event_table t = builder.finish();
  for (const bool within : {false, true}) {
    // Forwards: whoever used the expert last learns of this use.
    std::vector<std::uint32_t> expected(t.accesses(), no_next_use);
    std::map<std::pair<std::uint32_t, std::uint32_t>, std::size_t> last;
    std::size_t access = 0;
    for (std::size_t s = 0; s < t.steps.size(); ++s) {
      if (within && s > 0 && t.steps[s].sequence != t.steps[s - 1].sequence) last.clear();
      for (std::size_t e = t.steps[s].first_event; e < t.end_of(s); ++e)
        for (std::uint32_t i = 0; i < t.sizes[e]; ++i, ++access) {
          const std::pair<std::uint32_t, std::uint32_t> who{t.layers[e], t.experts[access]};
          if (const auto before = last.find(who); before != last.end()) expected[before->second] = static_cast<std::uint32_t>(e);
          last[who] = access;
        }
    }
    const future all(t, within);
    std::uint64_t wrong = 0;
    const auto check = [&](future::reader& reader, std::size_t s) {
      const std::span<const std::uint32_t> uses = reader.of(s);
      const std::uint64_t first = t.steps[s].first_access, end = s + 1 < t.steps.size() ? t.steps[s + 1].first_access : t.accesses();
      REQUIRE(uses.size() == end - first);
      for (std::size_t i = 0; i < uses.size(); ++i) wrong += uses[i] != expected[first + i];
    };
    future::reader forwards(all), backwards(all);
    for (std::size_t s = 0; s < t.steps.size(); ++s) check(forwards, s);
    for (std::size_t s = t.steps.size(); s-- > 0; s = s < 997 ? 0 : s - 997) check(backwards, s);
    CHECK(wrong == 0);
  }
}

}  // namespace
