// SPDX-License-Identifier: MIT
// expect-error: transport lacks  void submit
#include <span>

#include <moesaic/concepts/transport.hpp>

struct mine {
  std::uint32_t capacity() const noexcept { return 1; }
#ifdef FIXED
  void submit(const moesaic::transfer&) noexcept {}
#else
  void submit(moesaic::transfer&) noexcept {}
#endif
  std::uint32_t poll(std::span<moesaic::completion>) noexcept { return 0; }
  std::uint32_t wait(std::span<moesaic::completion>) noexcept { return 0; }
  bool cancel(moesaic::ticket) noexcept { return false; }
  moesaic::link_cost cost() const noexcept { return {}; }
  moesaic::nanoseconds now() noexcept { return {}; }
  mine() = default;
};
static_assert(moesaic::explain_transport<mine>());
