// SPDX-License-Identifier: MIT
#pragma once

#include <tuple>

#include <moesaic/eviction/arc.hpp>
#include <moesaic/eviction/belady.hpp>
#include <moesaic/eviction/fifo.hpp>
#include <moesaic/eviction/lfu.hpp>
#include <moesaic/eviction/lrfu.hpp>
#include <moesaic/eviction/lru.hpp>
#include <moesaic/eviction/sieve.hpp>

#include "own_policy/ageing_lfu.hpp"

namespace moesaic::experiment {

template <class Policy>
struct entrant {
  const char* name;
  Policy policy;
};
template <class Policy>
entrant(const char*, Policy) -> entrant<Policy>;  // clang 14 does not find it by itself

/// Who takes part. A further policy is a line here (and its header above): a name, and the type with its knobs.
inline const std::tuple policies{
    entrant{"lru", eviction::lru{}},
    entrant{"fifo", eviction::fifo{}},
    entrant{"lfu", eviction::lfu{}},
    entrant{"lrfu(8)", eviction::lrfu{.half_life = 8}},
    entrant{"lrfu(32)", eviction::lrfu{.half_life = 32}},
    entrant{"arc", eviction::arc{}},
    entrant{"sieve", eviction::sieve{}},
    entrant{"ageing_lfu", ageing_lfu{}},
    entrant{"belady", eviction::belady{}},
};

}  // namespace moesaic::experiment
