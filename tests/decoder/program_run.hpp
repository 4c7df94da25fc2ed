// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <initializer_list>
#include <string>
#include <vector>

#include "support/program.hpp"

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

using moesaic_test::run_program;
using program_end = moesaic_test::finished;

inline const std::string decoder_program = MOESAIC_PROGRAMS "/moesaic-decode";
inline const std::string demo_model = MOESAIC_MODELS "/moesaic-demo-moe-q8_0.gguf";
inline const std::string draft_model = MOESAIC_MODELS "/moesaic-demo-draft-q8_0.gguf";

/// moesaic-decode with these options.
inline program_end decode(std::initializer_list<std::string> options, const std::function<void(const std::string&)>& watch = {}) {
  std::vector<std::string> words{decoder_program};
  words.insert(words.end(), options);
  return run_program(words, watch);
}
