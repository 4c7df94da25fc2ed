// SPDX-License-Identifier: MIT
// expect-error: speculation governor has every call, but a return type or a noexcept differs
#include <moesaic/concepts/speculation_governor.hpp>

struct mine {
  using hears = moesaic::events<>;
  moesaic::draft_length longest(const auto&) noexcept { return {4}; }
  bool keep_drafting(const auto&) noexcept { return true; }
#ifdef FIXED
  moesaic::draft_length verify(const auto&) noexcept { return {4}; }
#else
  bool verify(const auto&) noexcept { return true; }
#endif
  void observe(const moesaic::step_outcome&) noexcept {}
};
static_assert(moesaic::explain_speculation_governor<mine>());
