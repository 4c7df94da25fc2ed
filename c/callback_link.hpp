// SPDX-License-Identifier: MIT
#pragma once

#include <moesaic_c.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <span>

#include <moesaic/concepts/transport.hpp>

namespace moesaic::c {

/// A transport out of an engine's callbacks. Nothing they answer is believed: counts are cut to the room there was, a status that
/// does not exist is a refusal, a clock that goes back stands still.
/// Cost: an indirect call each, and a copy of each completion.
class callback_link {
 public:
  explicit callback_link(const moesaic_transport& how) noexcept : how_(how) {}

  [[nodiscard]] std::uint32_t capacity() const noexcept { return how_.capacity; }
  void submit(const transfer& what) noexcept {
    const moesaic_transfer told{what.number.number,
                                number(what.expert.layer),
                                number(what.expert.expert),
                                what.to,
                                what.size.count,
                                what.why == cause::prefetch ? MOESAIC_PREFETCH : MOESAIC_DEMAND,
                                0,
                                what.after.number};
    how_.submit(how_.user, &told);
  }
  std::uint32_t poll(std::span<completion> out) noexcept { return ask(how_.poll, out); }
  /// Without a `wait` it spins: only the engine knows how to sleep until its own transfers are done.
  std::uint32_t wait(std::span<completion> out) noexcept {
    if (how_.wait != nullptr) return ask(how_.wait, out);
    for (;;)
      if (const std::uint32_t told = ask(how_.poll, out); told != 0 || out.empty()) return told;
  }
  bool cancel(ticket which) noexcept { return how_.cancel != nullptr && how_.cancel(how_.user, which.number) != 0; }
  [[nodiscard]] link_cost cost() const noexcept {
    const auto overhead = std::min<std::uint64_t>(how_.overhead_ns, 1'000'000'000);  // a second is no overhead of a link
    return {{static_cast<std::int64_t>(overhead)}, {how_.bytes_per_second == 0 ? 1e9 : static_cast<double>(how_.bytes_per_second)}};
  }
  nanoseconds now() noexcept {
    std::int64_t told = 0;
    if (how_.now != nullptr)
      told = how_.now(how_.user);
    else
      told = std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now().time_since_epoch()).count();
    now_ = std::max(now_, std::min(told, latest));
    return {now_};
  }

 private:
  using question = std::uint32_t (*)(void*, moesaic_completion*, std::uint32_t);
  static constexpr std::int64_t latest = std::int64_t{1} << 62;  // differences of two times never overflow

  std::uint32_t ask(question which, std::span<completion> out) noexcept {
    std::array<moesaic_completion, 16> given{};
    const auto room = static_cast<std::uint32_t>(std::min(out.size(), given.size()));
    const std::uint32_t told = std::min(which(how_.user, given.data(), room), room);
    for (std::uint32_t i = 0; i < told; ++i) out[i] = {{given[i].ticket}, status_in(given[i].status), {given[i].bytes_moved}, given[i].system_error};
    return told;
  }
  [[nodiscard]] static transfer_status status_in(std::uint32_t status) noexcept {
    switch (status) {
      case MOESAIC_ARRIVED: return transfer_status::arrived;
      case MOESAIC_SHORT_READ: return transfer_status::short_read;
      case MOESAIC_READ_ERROR: return transfer_status::read_error;
      default: return transfer_status::refused;
    }
  }

  moesaic_transport how_;
  std::int64_t now_ = 0;
};
static_assert(transport<callback_link>);

}  // namespace moesaic::c
