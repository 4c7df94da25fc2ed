// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <vector>

#include <moesaic/prefetch/layer_order.hpp>
#include <moesaic/prefetch/static_cutoff.hpp>

#include "prefetch/asked.hpp"

namespace {
using namespace moesaic_test;
using below = prefetch::layer_order<prefetch::static_cutoff>;
using bench = asked<below>;

TEST_CASE("layer_order: layer by layer up to the cutoff, in a layer as they were named") {
  bench b(below{.cutoff = {.most = 3}, .batch = 9});
  b.expect(2, 1);
  b.expect(0, 6);
  b.expect(3, 2);  // behind the cutoff
  b.expect(0, 4);
  b.expect(1, 7);
  b.expect(0, 6, 1);
  for (const expert_id e : {make_expert(0, 6), make_expert(0, 4), make_expert(1, 7), make_expert(2, 1)}) {
    REQUIRE(b.next() == e);
    b.settle(e, prefetch_fate::submitted);
  }
  CHECK_FALSE(b.next());
}

TEST_CASE("layer_order: a batch is taken at once, the next when it has arrived whole") {
  bench b(below{.cutoff = {.most = 1}, .batch = 2});
  for (std::uint32_t e = 0; e < 5; ++e) b.expect(0, e);
  b.settle(*b.next(), prefetch_fate::submitted);
  b.settle(*b.next(), prefetch_fate::submitted);
  CHECK_FALSE(b.next());
  b.settle(make_expert(0, 0), prefetch_fate::arrived);
  CHECK_FALSE(b.next());
  b.settle(make_expert(0, 1), prefetch_fate::failed);  // that is an end, too
  CHECK(b.next() == make_expert(0, 2));
  b.settle(make_expert(0, 2), prefetch_fate::already_there);  // counts for no batch
  b.settle(*b.next(), prefetch_fate::submitted);
  CHECK(b.next() == make_expert(0, 4));
}

TEST_CASE("layer_order: goes on to another after a refusal, and asks again after the next event; not below the threshold") {
  bench b(below{});
  b.expect(1, 3);
  b.expect(2, 4);
  b.worth(2, 4, 7);
  b.settle(*b.next(), prefetch_fate::no_room);
  CHECK(b.next() == make_expert(2, 4));
  b.begin(0);
  CHECK(b.next() == make_expert(1, 3));
  b.threshold = {7};
  CHECK(b.next() == make_expert(2, 4));
  b.begin(2);  // what has run is expected no more
  CHECK_FALSE(b.next());
}

TEST_CASE("layer_order: agrees with all expected in a row") {
  std::uint64_t questions = 0, wrong = 0, named = 0;
  for (std::uint64_t seed = 0; seed < 1'000; ++seed) {
    splitmix dice{seed};
    const std::uint32_t most = dice.below(6), batch = dice.between(1, 4);
    bench b(below{.cutoff = {.most = most}, .batch = batch});
    std::vector<std::vector<std::uint32_t>> said(4);
    std::vector<bool> refused(32);
    std::vector<expert_id> open;
    std::uint32_t in_batch = 0;
    for (int turn = 0; turn < 150; ++turn) {
      const std::uint32_t l = dice.below(4), e = dice.below(8);
      if (dice.chance(150)) {
        b.begin(l);
        said[l].clear();
        refused.assign(32, false);
      } else if (dice.chance(600)) {
        b.expect(l, e, dice.below(4));
        if (std::find(said[l].begin(), said[l].end(), e) == said[l].end()) said[l].push_back(e);
      } else if (dice.chance(700) && !open.empty()) {
        const std::uint32_t i = dice.below(static_cast<std::uint32_t>(open.size()));
        const bool failed = dice.chance(200);
        b.settle(open[i], failed ? prefetch_fate::failed : prefetch_fate::arrived);
        if (failed) refused[b.shape.space().flat(open[i])] = true;
        open.erase(open.begin() + i);
        if (open.empty()) in_batch = 0;
      } else {
        const std::uint32_t f = b.flat(l, e);
        if (b.flags[f] == residency_flag::resident) b.flags[f] = 0;
      }
      b.worth(l, e, dice.below(3));
      b.threshold = dice.chance(300) ? utility{1} : utility::lowest();
      std::optional<expert_id> slow;
      for (std::uint32_t x = 0; x < std::min(most, 4U) && !slow; ++x)
        for (const std::uint32_t y : said[x])
          if (!slow && b.flags[b.flat(x, y)] == 0 && !refused[b.flat(x, y)] && b.scores.score(make_expert(x, y)) >= b.threshold) slow = make_expert(x, y);
      if (in_batch >= batch) slow.reset();
      const auto answer = b.next();
      ++questions;
      wrong += answer != slow;
      if (!answer) continue;
      ++named;
      if (dice.chance(300)) {
        b.settle(*answer, prefetch_fate::no_room);
        refused[b.shape.space().flat(*answer)] = true;
      } else {
        b.settle(*answer, prefetch_fate::submitted);
        open.push_back(*answer);
        ++in_batch;
      }
    }
  }
  CHECK(wrong == 0);
  CHECK(questions >= 100'000);
  CHECK(named >= 10'000);
}

}  // namespace
