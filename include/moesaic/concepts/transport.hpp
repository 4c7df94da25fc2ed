// SPDX-License-Identifier: MIT
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include <moesaic/core/error.hpp>
#include <moesaic/core/expert.hpp>
#include <moesaic/core/quantity.hpp>
#include <moesaic/core/residence.hpp>

namespace moesaic {

/// One expert to move, all parts of it. `to` is null where only the bookkeeping is wanted (replay, simulation).
struct transfer {
  ticket number{};
  expert_id expert{};
  std::byte* to = nullptr;  ///< start of the expert's room; where its parts lie inside is between transport and engine
  bytes size{};             ///< bytes the expert is charged for: parts with alignment and padding
  cause why = cause::demand;
  fence after{};            ///< stream-ordered engines: the room's last use; not a byte may be written before it
};

enum class transfer_status : std::uint8_t {
  arrived,      ///< every part is there
  short_read,   ///< the source ended early: a file was cut
  read_error,   ///< the source refused
  refused,      ///< the transport would not start it
};

struct completion {
  ticket number{};
  transfer_status status = transfer_status::arrived;
  bytes moved{};        ///< bytes that travelled, also for what failed
  std::int32_t system_error = 0;  ///< errno or its like, for the sentence; 0: none
};

/// What a transfer of n bytes costs: about `overhead` + n / `rate`.
struct link_cost {
  nanoseconds overhead{};
  bytes_per_second rate{};
};

/// Moves experts, and is the only clock: `cost` predicts, `now` tells.
///
/// Contract. `capacity` is constant and at least 1; the core never has more tickets open, so `submit` cannot fail: what goes
/// wrong comes back as a completion. Every submitted ticket gets exactly one completion, in any order, unless `cancel`
/// answered true: then not another byte is written and none follows. `poll` never blocks; `wait` blocks until there is at
/// least one completion to report, and answers 0 only when nothing is open. Both fill `out` from its front and say how many.
/// `now` never goes back. Threads: called from one thread at a time; what runs inside is the transport's own affair, and
/// memory written for a ticket is visible to the thread that received its completion.
template <class T>
concept transport = std::movable<T> && requires(T link, const T& view, const transfer& what, std::span<completion> out, ticket which, bytes n) {
  { view.capacity() } noexcept -> std::same_as<std::uint32_t>;
  { link.submit(what) } noexcept -> std::same_as<void>;
  { link.poll(out) } noexcept -> std::same_as<std::uint32_t>;
  { link.wait(out) } noexcept -> std::same_as<std::uint32_t>;
  { link.cancel(which) } noexcept -> std::same_as<bool>;
  { view.cost() } noexcept -> std::same_as<link_cost>;
  { link.now() } noexcept -> std::same_as<nanoseconds>;
};

/// A transport may know more about a failure than its status: which file, where, and what to do. Asked when a lease reports the
/// failure, after its completion was taken in; `how` then has number, status and system error, and no bytes. Nothing: the core's
/// own sentence is told, else this one, always as transfer_failed. Wrappers pass the question on; those that make failures up do not.
template <class T>
concept explaining_transport = transport<T> && requires(const T& view, expert_id e, const completion& how) {
  { view.explain(e, how) } noexcept -> std::convertible_to<std::optional<error>>;
};

namespace archetype {
struct link {
  [[nodiscard]] std::uint32_t capacity() const noexcept;
  void submit(const transfer&) noexcept;
  std::uint32_t poll(std::span<completion>) noexcept;
  std::uint32_t wait(std::span<completion>) noexcept;
  bool cancel(ticket) noexcept;
  [[nodiscard]] link_cost cost() const noexcept;
  nanoseconds now() noexcept;
};
}  // namespace archetype
static_assert(transport<archetype::link>);

/// Compiles if `T` models transport; else stops with a sentence that names what is missing.
template <class T>
consteval bool explain_transport() {
  constexpr bool moves = std::movable<T>;
  static_assert(moves, "transport cannot be moved; residency owns it by value");
  constexpr bool counts = requires(const T& view) { view.capacity(); };
  static_assert(counts, "transport lacks  std::uint32_t capacity() const noexcept");
  constexpr bool submits = requires(T link, const transfer& what) { link.submit(what); };
  static_assert(submits, "transport lacks  void submit(const transfer&) noexcept");
  constexpr bool polls = requires(T link, std::span<completion> out) { link.poll(out); };
  static_assert(polls, "transport lacks  std::uint32_t poll(std::span<completion>) noexcept");
  constexpr bool waits = requires(T link, std::span<completion> out) { link.wait(out); };
  static_assert(waits, "transport lacks  std::uint32_t wait(std::span<completion>) noexcept");
  constexpr bool cancels = requires(T link, ticket which) { link.cancel(which); };
  static_assert(cancels, "transport lacks  bool cancel(ticket) noexcept");
  constexpr bool prices = requires(const T& view) { view.cost(); };
  static_assert(prices, "transport lacks  link_cost cost() const noexcept");
  constexpr bool ticks = requires(T link) { link.now(); };
  static_assert(ticks, "transport lacks  nanoseconds now() noexcept");
  static_assert(!(moves && counts && submits && polls && waits && cancels && prices && ticks) || transport<T>,
                "transport has every call, but a return type or a noexcept differs");
  constexpr bool explains = requires(const T& view, expert_id e, const completion& how) { view.explain(e, how); };
  static_assert(!(transport<T> && explains) || explaining_transport<T>,
                "transport has explain, but not as  std::optional<error> explain(expert_id, const completion&) const noexcept");
  return transport<T>;
}

}  // namespace moesaic
