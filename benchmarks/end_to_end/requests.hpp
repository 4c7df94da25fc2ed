// SPDX-License-Identifier: MIT
#pragma once

#include <cstdio>
#include <exception>
#include <iostream>
#include <string>

#include <nlohmann/json.hpp>

namespace moesaic::benchmarks {

/// The main function of a program that a script drives: one JSON object a line in, one a line out, in the same order. The first request
/// that cannot be answered ends it with status 2 and a sentence. `answer` takes the object and gives a result<json>.
template <class Answer>
int answer_requests(const char* program, Answer answer) {
  std::string line;
  for (unsigned number = 1; std::getline(std::cin, line); ++number) {
    try {
      const auto said = answer(nlohmann::json::parse(line));
      if (!said) {
        std::fprintf(stderr, "%s: request %u: %s\n", program, number, std::string(said.error().sentence()).c_str());
        return 2;
      }
      std::printf("%s\n", said->dump().c_str());
      std::fflush(stdout);
    } catch (const std::exception& why) {
      std::fprintf(stderr, "%s: request %u is not what is asked for: %s\n", program, number, why.what());
      return 2;
    }
  }
  return 0;
}

}  // namespace moesaic::benchmarks
