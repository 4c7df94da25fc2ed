// SPDX-License-Identifier: MIT
// The policy of ageing_lfu.hpp as a library that moesaic-replay, moesaic-simulate and moesaic-decode load:
//
//     moesaic-replay TRACE --policies libageing_lfu.so --eviction lru,ageing_lfu,belady --capacity 25%

#include <moesaic/eviction/exported.hpp>

#include "ageing_lfu.hpp"

// [export]
MOESAIC_EXPORT_EVICTION_POLICY(ageing_lfu, "ageing_lfu", "the least used expert leaves; all counts are halved every 64 tokens");
// [/export]
