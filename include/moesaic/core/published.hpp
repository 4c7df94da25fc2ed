// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <type_traits>

namespace moesaic {

/// A value that one thread publishes and any other reads, without ever holding up the one that publishes: for counters of a run
/// that goes on. Every number read is from the same moment.
///
/// Source: a sequence lock whose words are atomics, as in Boehm, "Can seqlocks get along with programming language memory models?"
/// (MSPC 2012), with releasing stores and acquiring loads of the words instead of fences, which thread sanitizers do not know.
/// Cost: `publish` stores each word once, two more around them, and never waits; `read` loads as many and begins again where it met a
/// `publish`. A reader may spin while the publishing thread is off its processor in between; `try_read` does not.
/// Threads: one publishes at a time, any number read. It stays where it is: readers hold its address.
template <class T>
class published {
  static_assert(std::is_trivially_copyable_v<T> && std::has_unique_object_representations_v<T> && sizeof(T) % sizeof(std::uint64_t) == 0,
                "published<T> moves T as 64-bit words: T has to be trivially copyable, without padding, and a multiple of 8 bytes");

 public:
  published() = default;
  published(const published&) = delete;
  published& operator=(const published&) = delete;

  void publish(const T& now) noexcept {
    const auto from = std::bit_cast<words>(now);
    const std::uint64_t before = turn_.load(std::memory_order_relaxed);
    turn_.store(before + 1, std::memory_order_relaxed);  // odd: do not trust the words
    for (std::size_t i = 0; i < from.size(); ++i) words_[i].store(from[i], std::memory_order_release);
    turn_.store(before + 2, std::memory_order_release);
  }
  /// The latest value, T{} before the first; nullopt where one was just being published.
  [[nodiscard]] std::optional<T> try_read() const noexcept {
    const std::uint64_t before = turn_.load(std::memory_order_acquire);
    if (before == 0) return T{};
    words to{};
    for (std::size_t i = 0; i < to.size(); ++i) to[i] = words_[i].load(std::memory_order_acquire);
    if (before % 2 != 0 || turn_.load(std::memory_order_relaxed) != before) return std::nullopt;
    return std::bit_cast<T>(to);
  }
  [[nodiscard]] T read() const noexcept {
    for (;;)
      if (const std::optional<T> whole = try_read()) return *whole;
  }
  /// How often something was published: two equal answers mean that nothing happened in between.
  [[nodiscard]] std::uint64_t times() const noexcept { return turn_.load(std::memory_order_acquire) / 2; }

 private:
  using words = std::array<std::uint64_t, sizeof(T) / sizeof(std::uint64_t)>;
  static_assert(std::atomic<std::uint64_t>::is_always_lock_free);

  alignas(64) std::atomic<std::uint64_t> turn_{0};  // a line of its own: what lies before is not slowed by readers
  std::array<std::atomic<std::uint64_t>, sizeof(T) / sizeof(std::uint64_t)> words_{};
};

}  // namespace moesaic
