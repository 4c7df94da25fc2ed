// SPDX-License-Identifier: MIT
// expect-error: acceptance rule lacks  bool accepts
#include <span>

#include <moesaic/concepts/acceptance_rule.hpp>

struct mine {
#ifdef FIXED
  bool accepts(std::span<const float>, const moesaic::drafted_token&) noexcept { return true; }
#else
  bool accepts(std::span<const float>) noexcept { return true; }
#endif
  moesaic::token_id choose(std::span<const float>) noexcept { return 0; }
};
static_assert(moesaic::explain_acceptance_rule<mine>());
