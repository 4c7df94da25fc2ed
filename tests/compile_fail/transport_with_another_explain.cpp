// SPDX-License-Identifier: MIT
// expect-error: transport has explain, but not as
#include <moesaic/concepts/transport.hpp>

struct mine : moesaic::archetype::link {
#ifdef FIXED
  moesaic::error explain(moesaic::expert_id, const moesaic::completion&) const noexcept;
#else
  const char* explain(moesaic::expert_id, const moesaic::completion&) const noexcept;
#endif
};
static_assert(moesaic::explain_transport<mine>());
