// SPDX-License-Identifier: MIT
// expect-error: drafter lacks  result<void> committed
#include <optional>
#include <span>

#include <moesaic/concepts/drafter.hpp>

struct mine {
#ifdef FIXED
  moesaic::result<void> committed(std::span<const moesaic::token_id>) { return {}; }
#else
  moesaic::result<void> commit(std::span<const moesaic::token_id>) { return {}; }
#endif
  moesaic::result<std::optional<moesaic::drafted_token>> next() { return std::nullopt; }
  std::span<const moesaic::hint> hints() const noexcept { return {}; }
};
static_assert(moesaic::explain_drafter<mine>());
