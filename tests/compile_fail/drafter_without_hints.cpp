// SPDX-License-Identifier: MIT
// expect-error: drafter lacks  std::span<const hint> hints
#include <optional>
#include <span>

#include <moesaic/concepts/drafter.hpp>

struct mine {
  moesaic::result<void> committed(std::span<const moesaic::token_id>) { return {}; }
  moesaic::result<std::optional<moesaic::drafted_token>> next() { return std::nullopt; }
#ifdef FIXED
  std::span<const moesaic::hint> hints() const noexcept { return {}; }
#else
  std::span<const moesaic::hint> hints() noexcept { return {}; }
#endif
};
static_assert(moesaic::explain_drafter<mine>());
