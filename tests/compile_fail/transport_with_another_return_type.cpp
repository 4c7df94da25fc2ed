// SPDX-License-Identifier: MIT
// expect-error: transport has every call, but a return type or a noexcept differs
#include <span>

#include <moesaic/concepts/transport.hpp>

struct mine {
  std::uint32_t capacity() const noexcept { return 1; }
  void submit(const moesaic::transfer&) noexcept {}
  std::uint32_t poll(std::span<moesaic::completion>) noexcept { return 0; }
  std::uint32_t wait(std::span<moesaic::completion>) noexcept { return 0; }
#ifdef FIXED
  bool cancel(moesaic::ticket) noexcept { return false; }
#else
  void cancel(moesaic::ticket) noexcept {}
#endif
  moesaic::link_cost cost() const noexcept { return {}; }
  moesaic::nanoseconds now() noexcept { return {}; }
  mine() = default;
};
static_assert(moesaic::explain_transport<mine>());
