// SPDX-License-Identifier: MIT
#pragma once

#include <compare>
#include <cstdint>
#include <limits>

namespace moesaic {

/// A number with a unit. Nothing converts by itself, so two numbers of one machine type never change places unseen.
/// `Rep` is the machine type; all operations are constexpr and free of rounding for integers.
template <class Tag, class Rep>
struct quantity {
  using representation = Rep;
  Rep count{};

  friend constexpr bool operator==(quantity, quantity) = default;
  friend constexpr auto operator<=>(quantity, quantity) = default;

  friend constexpr quantity operator+(quantity a, quantity b) noexcept { return {static_cast<Rep>(a.count + b.count)}; }
  friend constexpr quantity operator-(quantity a, quantity b) noexcept { return {static_cast<Rep>(a.count - b.count)}; }
  friend constexpr quantity operator*(quantity a, Rep times) noexcept { return {static_cast<Rep>(a.count * times)}; }
  friend constexpr quantity operator*(Rep times, quantity a) noexcept { return a * times; }
  constexpr quantity& operator+=(quantity b) noexcept { return *this = *this + b; }
  constexpr quantity& operator-=(quantity b) noexcept { return *this = *this - b; }

  [[nodiscard]] static constexpr quantity lowest() noexcept { return {std::numeric_limits<Rep>::lowest()}; }
  [[nodiscard]] static constexpr quantity highest() noexcept { return {std::numeric_limits<Rep>::max()}; }
};

/// Memory or traffic. One byte is the unit everywhere in this library: budgets, sizes, counters.
using bytes = quantity<struct bytes_tag, std::uint64_t>;
/// A point on the transport's clock, or a span of it. The transport is the only clock (design record 0002).
using nanoseconds = quantity<struct nanoseconds_tag, std::int64_t>;
using bytes_per_second = quantity<struct bytes_per_second_tag, double>;
using flops = quantity<struct flops_tag, double>;
using flops_per_second = quantity<struct flops_per_second_tag, double>;

/// How many tokens a drafter proposes. 0 means: do not speculate.
using draft_length = quantity<struct draft_length_tag, std::uint32_t>;
/// Counts the model's forward passes since its start; a verify window is one step.
using step_index = quantity<struct step_index_tag, std::uint64_t>;
/// Counts committed tokens since the start of the run, over all sequences. The clock of decayed counts.
using token_index = quantity<struct token_index_tag, std::uint64_t>;
/// Place of a token in its sequence (and row of the key-value cache), from 0.
using position = quantity<struct position_tag, std::uint32_t>;

/// Sum of the gate weights that an event's tokens give to one expert, in units of 2^-16 (so that decisions made from it
/// are equal on every platform). A token's weight 1.0 counts 65,536.
using gate_mass = quantity<struct gate_mass_tag, std::uint32_t>;

[[nodiscard]] constexpr bytes kibibytes(std::uint64_t n) noexcept { return {n << 10U}; }
[[nodiscard]] constexpr bytes mebibytes(std::uint64_t n) noexcept { return {n << 20U}; }
[[nodiscard]] constexpr bytes gibibytes(std::uint64_t n) noexcept { return {n << 30U}; }
[[nodiscard]] constexpr nanoseconds microseconds(std::int64_t n) noexcept { return {n * 1'000}; }
[[nodiscard]] constexpr nanoseconds milliseconds(std::int64_t n) noexcept { return {n * 1'000'000}; }

/// Rounds up to a multiple of `step` (at least 1).
[[nodiscard]] constexpr bytes rounded_up(bytes n, bytes step) noexcept { return {(n.count + step.count - 1) / step.count * step.count}; }

namespace detail {
[[nodiscard]] constexpr nanoseconds time_for(double amount, double per_second) noexcept {
  if (!(per_second > 0)) return nanoseconds::highest();
  const double exact = amount * 1e9 / per_second;
  if (!(exact < 9.0e18)) return nanoseconds::highest();
  const auto whole = static_cast<std::int64_t>(exact);
  return {whole + (static_cast<double>(whole) < exact ? 1 : 0)};
}
}  // namespace detail

/// Time for `amount` at `rate`, rounded up to a nanosecond. A rate of 0 or less counts as "not in this life": highest().
[[nodiscard]] constexpr nanoseconds duration_of(bytes amount, bytes_per_second rate) noexcept {
  return detail::time_for(static_cast<double>(amount.count), rate.count);
}
[[nodiscard]] constexpr nanoseconds duration_of(flops amount, flops_per_second rate) noexcept { return detail::time_for(amount.count, rate.count); }

}  // namespace moesaic
