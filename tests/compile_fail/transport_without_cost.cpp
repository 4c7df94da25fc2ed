// SPDX-License-Identifier: MIT
// expect-error: transport lacks  link_cost cost
#include <span>

#include <moesaic/concepts/transport.hpp>

struct mine {
  std::uint32_t capacity() const noexcept { return 1; }
  void submit(const moesaic::transfer&) noexcept {}
  std::uint32_t poll(std::span<moesaic::completion>) noexcept { return 0; }
  std::uint32_t wait(std::span<moesaic::completion>) noexcept { return 0; }
  bool cancel(moesaic::ticket) noexcept { return false; }
#ifdef FIXED
  moesaic::link_cost cost() const noexcept { return {}; }
#else
  moesaic::link_cost cost() noexcept { return {}; }
#endif
  moesaic::nanoseconds now() noexcept { return {}; }
  mine() = default;
};
static_assert(moesaic::explain_transport<mine>());
