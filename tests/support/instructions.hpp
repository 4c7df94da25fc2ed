// SPDX-License-Identifier: MIT
#pragma once

#include <csignal>
#include <cstdint>
#include <optional>

// Under a sanitizer it is the sanitizer that would be counted, for minutes.
#if defined(__linux__) && defined(__x86_64__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define MOESAIC_COUNTS_INSTRUCTIONS
#endif
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#undef MOESAIC_COUNTS_INSTRUCTIONS
#endif
#endif

#if defined(MOESAIC_COUNTS_INSTRUCTIONS)
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>
#endif

namespace moesaic_test {

#if defined(MOESAIC_COUNTS_INSTRUCTIONS)
namespace stepping {
inline volatile std::uint64_t executed = 0;
inline constexpr long long trap_flag = 0x100;  // of the flags register: the processor stops after each instruction
inline void count(int, siginfo_t*, void*) { executed = executed + 1; }
inline void toggle(int, siginfo_t*, void* context) { static_cast<ucontext_t*>(context)->uc_mcontext.gregs[REG_EFL] ^= trap_flag; }
}  // namespace stepping

/// Where a stretch that is counted begins, and where it ends. Not by raise(): some C libraries block all signals inside it, and to be stepped
/// with SIGTRAP blocked ends the process.
inline void mark() { ::syscall(SYS_tgkill, ::getpid(), static_cast<pid_t>(::syscall(SYS_gettid)), SIGUSR1); }

/// How many instructions `work` executes between odd and even calls of mark(): one by one, each a signal, which takes a microsecond
/// and is exact, whatever else the machine does. One thread, one at a time. nullopt where that is not possible.
template <class Work>
std::optional<std::uint64_t> instructions_of(Work work) {
  struct sigaction counts{}, toggles{}, counted_before{}, toggled_before{};
  counts.sa_sigaction = stepping::count;
  toggles.sa_sigaction = stepping::toggle;
  counts.sa_flags = toggles.sa_flags = SA_SIGINFO;
  if (::sigaction(SIGTRAP, &counts, &counted_before) != 0 || ::sigaction(SIGUSR1, &toggles, &toggled_before) != 0) return std::nullopt;
  stepping::executed = 0;
  work();
  const std::uint64_t executed = stepping::executed;
  ::sigaction(SIGTRAP, &counted_before, nullptr);
  ::sigaction(SIGUSR1, &toggled_before, nullptr);
  if (executed == 0) return std::nullopt;  // an emulator without the flag
  return executed;
}
#else
inline void mark() {}
template <class Work>
std::optional<std::uint64_t> instructions_of(Work) {
  return std::nullopt;
}
#endif

}  // namespace moesaic_test
