// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <moesaic/core/result.hpp>

namespace CLI {
class App;
}

namespace moesaic::command_line {

/// Reads the words of a command line into the options that `app` has. Errors: bad_argument, what CLI11 says in one sentence that
/// names `program`'s help.
[[nodiscard]] result<void> parse(CLI::App& app, std::string_view program, int count, const char* const* words);

/// The same for a program that has --help and --version beside its own options: their text, where one of them is asked for.
[[nodiscard]] result<std::optional<std::string>> parse(CLI::App& app, std::string_view program, std::string_view help, int count, const char* const* words);

}  // namespace moesaic::command_line
