// SPDX-License-Identifier: MIT
// expect-error: transport cannot be moved; residency owns it by value
#include <span>

#include <moesaic/concepts/transport.hpp>

struct mine {
  std::uint32_t capacity() const noexcept { return 1; }
  void submit(const moesaic::transfer&) noexcept {}
  std::uint32_t poll(std::span<moesaic::completion>) noexcept { return 0; }
  std::uint32_t wait(std::span<moesaic::completion>) noexcept { return 0; }
  bool cancel(moesaic::ticket) noexcept { return false; }
  moesaic::link_cost cost() const noexcept { return {}; }
  moesaic::nanoseconds now() noexcept { return {}; }
#ifdef FIXED
  mine() = default;
#else
  mine() = default;
  mine(const mine&) = delete;
  mine& operator=(const mine&) = delete;
#endif
};
static_assert(moesaic::explain_transport<mine>());
