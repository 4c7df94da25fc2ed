// SPDX-License-Identifier: MIT
// expect-error: transport lacks  std::uint32_t capacity
#include <span>

#include <moesaic/concepts/transport.hpp>

struct mine {
#ifdef FIXED
  std::uint32_t capacity() const noexcept { return 1; }
#else
#endif
  void submit(const moesaic::transfer&) noexcept {}
  std::uint32_t poll(std::span<moesaic::completion>) noexcept { return 0; }
  std::uint32_t wait(std::span<moesaic::completion>) noexcept { return 0; }
  bool cancel(moesaic::ticket) noexcept { return false; }
  moesaic::link_cost cost() const noexcept { return {}; }
  moesaic::nanoseconds now() noexcept { return {}; }
  mine() = default;
};
static_assert(moesaic::explain_transport<mine>());
