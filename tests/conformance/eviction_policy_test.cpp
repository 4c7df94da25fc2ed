// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <moesaic/eviction/arc.hpp>
#include <moesaic/eviction/belady.hpp>
#include <moesaic/eviction/belady_by_bytes.hpp>
#include <moesaic/eviction/below_threshold.hpp>
#include <moesaic/eviction/catalogue.hpp>
#include <moesaic/eviction/class_lru.hpp>
#include <moesaic/eviction/erased.hpp>
#include <moesaic/eviction/farthest_use.hpp>
#include <moesaic/eviction/fifo.hpp>
#include <moesaic/eviction/forecast.hpp>
#include <moesaic/eviction/gdsf.hpp>
#include <moesaic/eviction/least_useful.hpp>
#include <moesaic/eviction/lfu.hpp>
#include <moesaic/eviction/lfu_in_cache.hpp>
#include <moesaic/eviction/look_ahead.hpp>
#include <moesaic/eviction/lrfu.hpp>
#include <moesaic/eviction/lru.hpp>
#include <moesaic/eviction/lru_by_rank.hpp>
#include <moesaic/eviction/never.hpp>
#include <moesaic/eviction/protected_lru.hpp>
#include <moesaic/eviction/queue_set.hpp>
#include <moesaic/eviction/random.hpp>
#include <moesaic/eviction/recency_list.hpp>
#include <moesaic/eviction/s3_fifo.hpp>
#include <moesaic/eviction/sieve.hpp>
#include <moesaic/eviction/successor.hpp>
#include <moesaic/eviction/successor_table.hpp>
#include <moesaic/eviction/use_table.hpp>
#include <moesaic/sim/metered.hpp>
#include <moesaic/sim/regret_meter.hpp>
#include <moesaic/sim/window_bound.hpp>

#include "conformance/eviction_policy_suite.hpp"

namespace {
using namespace moesaic;
using namespace moesaic::conformance;

#define HOLDS(name, policy, promised)                                             \
  TEST_CASE(name " is an eviction policy") {                                      \
    const findings said = eviction_policy_suite([] { return policy; }, promised); \
    CAPTURE(said);                                                                \
    CHECK(said.empty());                                                          \
  }

// A policy joins by one line: a fresh one, and what it promises.
HOLDS("lru", eviction::lru{}, promise::never_refuses)
HOLDS("lru_by_rank", eviction::lru_by_rank{}, promise::never_refuses)
HOLDS("belady", eviction::belady{}, promise::never_refuses)
HOLDS("belady_by_bytes", eviction::belady_by_bytes{}, promise::never_refuses)
HOLDS("fifo", eviction::fifo{}, promise::never_refuses)
HOLDS("lfu", eviction::lfu{}, promise::never_refuses)
HOLDS("lrfu", eviction::lrfu{}, promise::never_refuses)
HOLDS("lrfu with the shortest memory", eviction::lrfu{.half_life = 1}, promise::never_refuses)
HOLDS("random", eviction::random{.seed = 3}, promise::never_refuses)
HOLDS("least_useful", eviction::least_useful{}, promise::never_refuses)
HOLDS("lfu_in_cache", eviction::lfu_in_cache{}, promise::never_refuses)
HOLDS("class_lru", eviction::class_lru{}, promise::never_refuses)
HOLDS("class_lru with the shortest memory", eviction::class_lru{.half_life = 1}, promise::never_refuses)
HOLDS("arc", eviction::arc{}, promise::never_refuses)
HOLDS("sieve", eviction::sieve{}, promise::never_refuses)
HOLDS("s3_fifo", eviction::s3_fifo{}, promise::never_refuses)
HOLDS("s3_fifo that promotes early into half the room", (eviction::s3_fifo{.small = 50, .least = 3, .promote = 1}), promise::never_refuses)
HOLDS("gdsf", eviction::gdsf{}, promise::never_refuses)
HOLDS("gdsf by bytes", eviction::gdsf{.bytes = 1}, promise::never_refuses)
HOLDS("forecast", eviction::forecast{}, promise::never_refuses)
HOLDS("never", eviction::never{}, promise::may_refuse)
HOLDS("farthest_use", eviction::farthest_use{}, promise::may_refuse)
HOLDS("protected_lru", eviction::protected_lru{}, promise::may_refuse)
HOLDS("protected_lru of a few", eviction::protected_lru{.slots = 2}, promise::may_refuse)
HOLDS("look_ahead", eviction::look_ahead{}, promise::never_refuses)
HOLDS("successor", eviction::successor{}, promise::never_refuses)
HOLDS("successor with the shortest memory", eviction::successor{.half_life = 1}, promise::never_refuses)
HOLDS("erased lrfu", eviction::erased(eviction::lrfu{}), promise::never_refuses)
HOLDS("any of lru", eviction::any(eviction::lru{}), promise::never_refuses)
HOLDS("any of random", eviction::any(eviction::random{}), promise::never_refuses)
HOLDS("lrfu with a meter that totals every two steps", sim::metered(eviction::lrfu{}, {.window = 2}), promise::never_refuses)
HOLDS("the catalogue's lrfu(16)", *eviction::make("lrfu(16)"), promise::never_refuses)
HOLDS("below_threshold", eviction::below_threshold{}, promise::may_refuse)

}  // namespace
