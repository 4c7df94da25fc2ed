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
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

/// The programs of this build as processes.
namespace moesaic_test {

/// What a program left behind.
struct finished {
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
inline finished run_program(const std::vector<std::string>& words, const std::function<void(const std::string&)>& watch = {},
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
  finished end;
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
  struct rusage used{};
  while (::wait4(child, &status, 0, &used) < 0 && errno == EINTR) {}
  end.storage_bytes = static_cast<std::uint64_t>(used.ru_inblock) * 512;
  end.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return end;
}

/// Runs a program of this build with arguments as a shell takes them. `out`: where standard output goes instead of being caught.
inline finished run(const std::string& program, const std::string& arguments, const std::string& out = {}) {
  return run_program({"/bin/sh", "-c", "exec '" MOESAIC_PROGRAMS "/" + program + "' " + arguments + " < /dev/null" + (out.empty() ? out : " > '" + out + "'")});
}
inline bool built(const std::string& program) { return std::filesystem::exists(MOESAIC_PROGRAMS "/" + program); }

inline std::string content_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}
inline std::string test_trace(const std::string& name) { return MOESAIC_TEST_DATA "/traces/" + name; }

}  // namespace moesaic_test
