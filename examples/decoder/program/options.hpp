// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include <moesaic/core/quantity.hpp>
#include <moesaic/core/result.hpp>

#include "command_line/amounts.hpp"
#include "command_line/policy_choice.hpp"
#include "speculation_choice.hpp"

namespace moesaic::decoder {

/// Where missing experts come from.
enum class io_kind : std::uint8_t { automatic, uring, pread, mapped };

/// The command line, checked as far as it can be without a model.
struct options {
  std::string model;
  std::string system = "on_demand";
  command_line::named_parts parts;
  command_line::policy_libraries libraries;
  command_line::budget_text budget;
  speculation_choice speculation;

  std::optional<std::string> prompt, prompt_file, prompt_ids;
  std::optional<std::uint32_t> tokens;
  std::string force_ids;
  bool ignore_eos = false;
  double temperature = 0;
  double top_p = 1;
  std::uint64_t seed = 0;

  std::uint32_t context = 0;  ///< 0: the model's
  bool half_cache = false;
  unsigned threads = 1;
  io_kind io = io_kind::automatic;
  std::optional<bool> direct;
  std::optional<bytes_per_second> throttle;

  std::string json, logits, routing, journal, timeline;
  bool quiet = false;
};

/// What to do, or a text to print instead: help, version, a list. Errors: bad_argument or unknown_name, one sentence that names the option.
[[nodiscard]] result<std::variant<options, std::string>> parse_command_line(int count, const char* const* words);

}  // namespace moesaic::decoder
