// SPDX-License-Identifier: MIT
// expect-error: speculation governor lacks  void observe
#include <moesaic/concepts/speculation_governor.hpp>

struct mine {
  using hears = moesaic::events<>;
  moesaic::draft_length longest(const auto&) noexcept { return {4}; }
  bool keep_drafting(const auto&) noexcept { return true; }
  moesaic::draft_length verify(const auto&) noexcept { return {4}; }
#ifdef FIXED
  void observe(const moesaic::step_outcome&) noexcept {}
#else
  void observes(const moesaic::step_outcome&) noexcept {}
#endif
};
static_assert(moesaic::explain_speculation_governor<mine>());
