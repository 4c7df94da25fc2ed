// SPDX-License-Identifier: MIT
#pragma once

#include <csignal>
#include <new>
#include <string>
#include <string_view>
#include <variant>

#include <moesaic/core/result.hpp>

namespace moesaic::command_line {

/// The statuses that every program ends with.
inline constexpr int done = 0, failed_half_way = 1, wrong_request = 2;

/// To standard output, and out of this process. Errors: transfer_failed.
result<void> print(std::string_view text);

/// To standard error, behind what was printed: for people, so nothing depends on whether it can be written.
void say(std::string_view text) noexcept;

/// Of the library that a program was built with.
[[nodiscard]] std::string version_text();

/// A program by its name: how it speaks, how it begins and ends.
class program {
 public:
  explicit constexpr program(std::string_view name) noexcept : name_(name) {}

  [[nodiscard]] constexpr std::string_view name() const noexcept { return name_; }
  /// One sentence on standard error, behind the name. Gives back the status.
  int complain(std::string_view sentence, int status) const;
  int complain(const error& why, int status) const { return complain(why.sentence(), status); }
  /// What is left of a program whose answer is a text.
  int print_and_end(std::string_view text) const;

  /// From the words of a command line to a status: `read` makes of them options or a text to print, `run` takes the options.
  /// `no_memory` says what to do where memory ran out. A closed pipe is a write error like any other from here on.
  template <class Read, class Run>
  int start(int count, const char* const* words, Read&& read, Run&& run, std::string_view no_memory) const {
    std::signal(SIGPIPE, SIG_IGN);
    try {
      auto asked = read(count, words);
      if (!asked) return complain(asked.error(), wrong_request);
      if (const std::string* text = std::get_if<std::string>(&*asked)) return print_and_end(*text);
      return run(std::get<0>(*asked));
    } catch (const std::bad_alloc&) {
      return complain(no_memory, failed_half_way);
    }
  }

 private:
  std::string_view name_;
};

}  // namespace moesaic::command_line
