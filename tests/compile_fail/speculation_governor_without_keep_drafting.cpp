// SPDX-License-Identifier: MIT
// expect-error: speculation governor lacks  bool keep_drafting
#include <moesaic/concepts/speculation_governor.hpp>

struct mine {
  using hears = moesaic::events<>;
  moesaic::draft_length longest(const auto&) noexcept { return {4}; }
#ifdef FIXED
  bool keep_drafting(const auto&) noexcept { return true; }
#else
#endif
  moesaic::draft_length verify(const auto&) noexcept { return {4}; }
  void observe(const moesaic::step_outcome&) noexcept {}
};
static_assert(moesaic::explain_speculation_governor<mine>());
