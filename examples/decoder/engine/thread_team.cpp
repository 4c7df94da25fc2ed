// SPDX-License-Identifier: MIT
#include "thread_team.hpp"

#if defined(__x86_64__) || defined(__i386__)
#include <immintrin.h>
#endif

namespace moesaic::decoder {

namespace {

constexpr std::uint64_t piece_mask = (std::uint64_t{1} << 20U) - 1;
constexpr int spins_before_sleep = 2'000;  // some 30 to 80 microseconds: the gap between two matrix products of a layer

void breathe() noexcept {
#if defined(__x86_64__) || defined(__i386__)
  _mm_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

}  // namespace

thread_team::thread_team(unsigned threads) {
  for (unsigned i = 1; i < threads; ++i) helpers_.emplace_back([this, i] { help(i); });
}

thread_team::~thread_team() {
  stop_.store(true);
  epoch_.fetch_add(1);
  epoch_.notify_all();
  for (std::thread& t : helpers_) t.join();
}

bool thread_team::claim_one(unsigned member) {
  std::uint64_t seen = state_.load(std::memory_order_acquire);
  for (;;) {
    const std::uint64_t next = (seen >> piece_bits) & piece_mask;
    if (next >= (seen & piece_mask)) return false;
    // Success makes function_ and what_ safe to read: share() cannot return, hence not set them again, before this piece is
    // finished.
    if (state_.compare_exchange_weak(seen, seen + (std::uint64_t{1} << piece_bits), std::memory_order_acq_rel, std::memory_order_acquire)) {
      function_(what_, static_cast<std::uint32_t>(next), member);
      finished_.fetch_add(1, std::memory_order_release);
      return true;
    }
  }
}

void thread_team::share(std::uint32_t pieces, call function, const void* what) {
  function_ = function;
  what_ = what;
  finished_.store(0, std::memory_order_relaxed);
  const std::uint32_t epoch = epoch_.load(std::memory_order_relaxed) + 1;
  state_.store((std::uint64_t{epoch} << (2 * piece_bits)) | pieces, std::memory_order_release);
  epoch_.store(epoch, std::memory_order_release);
  epoch_.notify_all();
  while (claim_one(0)) {}
  for (int i = 0; finished_.load(std::memory_order_acquire) != pieces; ++i) {
    breathe();
    if (i > spins_before_sleep) std::this_thread::yield();  // the helper that holds the last piece may need this core
  }
}

void thread_team::help(unsigned member) {
  std::uint32_t seen = 0;
  while (!stop_.load(std::memory_order_acquire)) {
    while (claim_one(member)) {}
    int spins = 0;
    while (epoch_.load(std::memory_order_acquire) == seen && spins < spins_before_sleep) {
      breathe();
      ++spins;
    }
    if (epoch_.load(std::memory_order_acquire) == seen) epoch_.wait(seen, std::memory_order_acquire);
    seen = epoch_.load(std::memory_order_acquire);
  }
}

}  // namespace moesaic::decoder
