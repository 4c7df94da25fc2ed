// SPDX-License-Identifier: MIT
// expect-error: speculation governor lacks  draft_length longest
#include <moesaic/concepts/speculation_governor.hpp>

struct mine {
  using hears = moesaic::events<>;
#ifdef FIXED
  moesaic::draft_length longest(const auto&) noexcept { return {4}; }
#else
  moesaic::draft_length longest() noexcept { return {4}; }
#endif
  bool keep_drafting(const auto&) noexcept { return true; }
  moesaic::draft_length verify(const auto&) noexcept { return {4}; }
  void observe(const moesaic::step_outcome&) noexcept {}
};
static_assert(moesaic::explain_speculation_governor<mine>());
