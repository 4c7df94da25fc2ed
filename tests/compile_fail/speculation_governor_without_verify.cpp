// SPDX-License-Identifier: MIT
// expect-error: speculation governor lacks  draft_length verify
#include <moesaic/concepts/speculation_governor.hpp>

struct mine {
  using hears = moesaic::events<>;
  moesaic::draft_length longest(const auto&) noexcept { return {4}; }
  bool keep_drafting(const auto&) noexcept { return true; }
#ifdef FIXED
  moesaic::draft_length verify(const auto&) noexcept { return {4}; }
#else
#endif
  void observe(const moesaic::step_outcome&) noexcept {}
};
static_assert(moesaic::explain_speculation_governor<mine>());
