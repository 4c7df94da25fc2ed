// SPDX-License-Identifier: MIT
// expect-error: acceptance rule has every call, but a return type or a noexcept differs
#include <span>

#include <moesaic/concepts/acceptance_rule.hpp>

struct mine {
  bool accepts(std::span<const float>, const moesaic::drafted_token&) noexcept { return true; }
#ifdef FIXED
  moesaic::token_id choose(std::span<const float>) noexcept { return 0; }
#else
  moesaic::token_id choose(std::span<const float>) { return 0; }
#endif
};
static_assert(moesaic::explain_acceptance_rule<mine>());
