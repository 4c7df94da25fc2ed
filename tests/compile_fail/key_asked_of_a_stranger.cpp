// SPDX-License-Identifier: MIT
// expect-error: constraints not satisfied|no matching function
#include <moesaic/concepts/eviction_policy.hpp>

struct mine
#ifdef FIXED
    : moesaic::archetype::eviction
#endif
{
};
std::optional<moesaic::utility> key(const mine& policy) { return moesaic::key_of(policy, {}); }
