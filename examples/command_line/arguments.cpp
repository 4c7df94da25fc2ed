// SPDX-License-Identifier: MIT
#include "arguments.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>

#include "policy_choice.hpp"
#include "program.hpp"

namespace moesaic::command_line {

result<void> parse(CLI::App& app, std::string_view program, int count, const char* const* words) {
  try {
    app.parse(count, words);
    return {};
  } catch (const CLI::ParseError& why) {
    std::string said = why.what();
    std::replace(said.begin(), said.end(), '\n', ' ');
    while (!said.empty() && (said.back() == ' ' || said.back() == '.')) said.pop_back();
    return error(error_code::bad_argument, said, "; see ", program, " --help");
  }
}

result<std::optional<std::string>> parse(CLI::App& app, std::string_view program, std::string_view help, int count, const char* const* words) {
  bool wants_help = false, wants_version = false;
  app.set_help_flag();  // CLI11's own says it in its words
  app.add_flag("--help,-h", wants_help);
  app.add_flag("--version", wants_version);
  if (const result<void> fine = parse(app, program, count, words); !fine) return fine.error();
  if (wants_help) return std::optional(std::string(help));
  if (wants_version) return std::optional(std::string(program) + " " + version_text() + "\n");
  return std::optional<std::string>();
}

}  // namespace moesaic::command_line
