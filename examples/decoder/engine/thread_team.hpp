// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <thread>
#include <vector>

namespace moesaic::decoder {

/// A few threads that share the pieces of one job after another; the caller is one of them. Pieces are claimed, not dealt, so
/// a helper that the system has put aside (I/O has to run too) delays nobody but its own piece; helpers spin for some
/// microseconds after a job and then sleep. What a piece computes may depend on its number only, never on who runs it.
/// Threads: one caller at a time. Cost: about a microsecond a job while the helpers are awake, a wake-up (tens) after a
/// pause.
class thread_team {
 public:
  /// `threads` counts the caller; 1 makes no thread at all.
  explicit thread_team(unsigned threads);
  ~thread_team();
  thread_team(const thread_team&) = delete;
  thread_team& operator=(const thread_team&) = delete;

  [[nodiscard]] unsigned size() const noexcept { return static_cast<unsigned>(helpers_.size()) + 1; }

  /// Calls work(piece, member) once for every piece in [0, pieces), fewer than 2^20, and returns when all are done. `member`
  /// is the number of the thread it runs on (0: the caller), for scratch memory. `work` must not throw.
  template <class Work>
  void run(std::uint32_t pieces, const Work& work) {
    if (helpers_.empty() || pieces <= 1) {
      for (std::uint32_t i = 0; i < pieces; ++i) work(i, 0U);
      return;
    }
    share(pieces, [](const void* what, std::uint32_t piece, unsigned member) { (*static_cast<const Work*>(what))(piece, member); }, std::addressof(work));
  }

 private:
  using call = void (*)(const void*, std::uint32_t, unsigned);
  void share(std::uint32_t pieces, call function, const void* what);
  bool claim_one(unsigned member);
  void help(unsigned member);

  // Epoch, next piece and number of pieces in one word: a claim made for an old job can never take a piece of a new one.
  static constexpr unsigned piece_bits = 20;
  std::atomic<std::uint64_t> state_{0};
  std::atomic<std::uint32_t> finished_{0};
  std::atomic<std::uint32_t> epoch_{0};  // what sleepers watch
  std::atomic<bool> stop_{false};
  call function_ = nullptr;
  const void* what_ = nullptr;
  std::vector<std::thread> helpers_;
};

}  // namespace moesaic::decoder
