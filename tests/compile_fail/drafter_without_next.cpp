// SPDX-License-Identifier: MIT
// expect-error: drafter lacks  result<std::optional<drafted_token>> next
#include <optional>
#include <span>

#include <moesaic/concepts/drafter.hpp>

struct mine {
  moesaic::result<void> committed(std::span<const moesaic::token_id>) { return {}; }
#ifdef FIXED
  moesaic::result<std::optional<moesaic::drafted_token>> next() { return std::nullopt; }
#else
#endif
  std::span<const moesaic::hint> hints() const noexcept { return {}; }
};
static_assert(moesaic::explain_drafter<mine>());
