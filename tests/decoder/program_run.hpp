// SPDX-License-Identifier: MIT
#pragma once

#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// Whether this build has a sanitizer in it, the programs then too: they are slower and take more memory.
#if defined(__SANITIZE_ADDRESS__)
inline constexpr bool instrumented = true;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
inline constexpr bool instrumented = true;
#else
inline constexpr bool instrumented = false;
#endif
#else
inline constexpr bool instrumented = false;
#endif

/// What a program left behind.
struct program_end {
  int status = -1;  ///< as from a shell: 128 + number for a signal
  std::string out;
  std::string err;
  std::uint64_t storage_bytes = 0;  ///< what the kernel counted as read from storage

  [[nodiscard]] bool says(std::string_view part) const { return err.find(part) != std::string::npos; }
  /// One sentence, of one line, and nothing else.
  [[nodiscard]] bool one_sentence() const { return !err.empty() && err.find('\n') == err.size() - 1; }
};

/// Runs a program to its end. `watch` sees standard output grow, between reads: the place to do something while it runs.
/// `prepare` runs in the child before the program does.
inline program_end run_program(const std::vector<std::string>& words, const std::function<void(const std::string&)>& watch = {},
                               const std::function<void()>& prepare = {}, const char* out_file = nullptr) {
  std::array<std::array<int, 2>, 2> pipes{};
  for (auto& p : pipes)
    if (::pipe2(p.data(), O_CLOEXEC) != 0) return {};
  const pid_t child = ::fork();
  if (child == 0) {
    const int out = out_file != nullptr ? ::open(out_file, O_WRONLY) : pipes[0][1];
    ::dup2(out, STDOUT_FILENO);
    ::dup2(pipes[1][1], STDERR_FILENO);
    if (prepare) prepare();
    std::vector<char*> argv;
    for (const std::string& w : words) argv.push_back(const_cast<char*>(w.c_str()));
    argv.push_back(nullptr);
    ::execv(argv[0], argv.data());
    ::_exit(127);
  }
  for (auto& p : pipes) ::close(p[1]);
  program_end end;
  std::array<pollfd, 2> open{{{pipes[0][0], POLLIN, 0}, {pipes[1][0], POLLIN, 0}}};
  for (std::size_t left = 2; left > 0;) {
    if (::poll(open.data(), open.size(), -1) < 0) continue;
    for (std::size_t i = 0; i < open.size(); ++i) {
      if (open[i].fd < 0 || open[i].revents == 0) continue;
      std::array<char, 65'536> piece{};
      const ssize_t got = ::read(open[i].fd, piece.data(), piece.size());
      if (got > 0) {
        (i == 0 ? end.out : end.err).append(piece.data(), static_cast<std::size_t>(got));
        if (i == 0 && watch) watch(end.out);
      } else if (got == 0 || errno != EINTR) {
        ::close(open[i].fd);
        open[i].fd = -1;
        --left;
      }
    }
  }
  int status = 0;
  struct rusage used {};
  while (::wait4(child, &status, 0, &used) < 0 && errno == EINTR) {
  }
  end.storage_bytes = static_cast<std::uint64_t>(used.ru_inblock) * 512;
  end.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return end;
}

inline const std::string decoder_program = MOESAIC_PROGRAMS "/moesaic-decode";
inline const std::string demo_model = MOESAIC_MODELS "/moesaic-demo-moe-q8_0.gguf";
inline const std::string draft_model = MOESAIC_MODELS "/moesaic-demo-draft-q8_0.gguf";

/// moesaic-decode with these options.
inline program_end decode(std::initializer_list<std::string> options, const std::function<void(const std::string&)>& watch = {}) {
  std::vector<std::string> words{decoder_program};
  words.insert(words.end(), options);
  return run_program(words, watch);
}
