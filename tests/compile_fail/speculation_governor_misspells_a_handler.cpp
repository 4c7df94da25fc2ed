// SPDX-License-Identifier: MIT
// expect-error: speculation governor declares an event it has no  void on
#include <moesaic/concepts/speculation_governor.hpp>

struct mine {
  using hears = moesaic::events<moesaic::evicted>;
#ifdef FIXED
  void on(const moesaic::evicted&) noexcept {}
#else
  void no(const moesaic::evicted&) noexcept {}
#endif
  moesaic::draft_length longest(const auto&) noexcept { return {4}; }
  bool keep_drafting(const auto&) noexcept { return true; }
  moesaic::draft_length verify(const auto&) noexcept { return {4}; }
  void observe(const moesaic::step_outcome&) noexcept {}
};
static_assert(moesaic::explain_speculation_governor<mine>());
