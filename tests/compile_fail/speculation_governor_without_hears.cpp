// SPDX-License-Identifier: MIT
// expect-error: speculation governor lacks  using hears = moesaic::events<...>
#include <moesaic/concepts/speculation_governor.hpp>

struct mine {
#ifdef FIXED
  using hears = moesaic::events<>;
#endif
  moesaic::draft_length longest(const auto&) noexcept { return {4}; }
  bool keep_drafting(const auto&) noexcept { return true; }
  moesaic::draft_length verify(const auto&) noexcept { return {4}; }
  void observe(const moesaic::step_outcome&) noexcept {}
};
static_assert(moesaic::explain_speculation_governor<mine>());
