// SPDX-License-Identifier: MIT
// expect-error: drafter has every call, but a return type or a noexcept differs
#include <optional>
#include <span>

#include <moesaic/concepts/drafter.hpp>

struct mine {
  moesaic::result<void> committed(std::span<const moesaic::token_id>) { return {}; }
#ifdef FIXED
  moesaic::result<std::optional<moesaic::drafted_token>> next() { return std::nullopt; }
#else
  std::optional<moesaic::drafted_token> next() { return std::nullopt; }
#endif
  std::span<const moesaic::hint> hints() const noexcept { return {}; }
};
static_assert(moesaic::explain_drafter<mine>());
