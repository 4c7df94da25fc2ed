// SPDX-License-Identifier: MIT
// expect-error: constraints not satisfied|no matching function
#include <moesaic/concepts/hears.hpp>

struct mine {
#ifdef FIXED
  using hears = moesaic::events<moesaic::evicted>;
#endif
  void on(const moesaic::evicted&) noexcept {}
};
void forget(mine& policy) { moesaic::tell(policy, moesaic::evicted{}); }
