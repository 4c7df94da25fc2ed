// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <vector>

#include "toy_run.hpp"

namespace {
using namespace faults;
using moesaic::transports::failure;

TEST_CASE("every n-th transfer fails in each way, for every n until none does: the same tokens in the end") {
  const toy_file file;
  const auto expected = right_tokens(file);
  REQUIRE(expected.size() == 17);
  std::uint64_t all = 0;
  for (const failure how : {failure::short_read, failure::read_error, failure::refused, failure::late}) {
    for (std::uint64_t n = 2;; ++n) {  // n = 1: nothing ever arrives
      CAPTURE(static_cast<int>(how));
      CAPTURE(n);
      REQUIRE(n < 2000);
      auto run = toy_run::make(file, {.how = how, .every = n});
      REQUIRE(run);
      std::vector<error> failures;
      const auto tokens = run->go([] {}, failures);
      if (n >= 10) CHECK(tokens == expected);  // below, some token's three layers may meet the fault at every attempt
      for (const error& e : failures) {
        CHECK(e.code() == moesaic::error_code::transfer_failed);
        CHECK(e.sentence().find("expert (layer ") != std::string_view::npos);
      }
      CHECK(is_whole(*run->runtime));
      const std::uint64_t told = run->runtime->cache().link().failed();
      CHECK(failures.size() <= told);
      all += told;
      if (told == 0 && (how != failure::late || n > 100)) break;
    }
  }
  CHECK(all > 300);
}

TEST_CASE("when nothing ever arrives, every call says so and ends") {
  const toy_file file;
  auto run = toy_run::make(file, {.how = failure::refused, .every = 1});
  REQUIRE(run);
  std::vector<error> failures;
  CHECK(run->go([] {}, failures).empty());
  CHECK(failures.size() == toy_run::most_failures + 1);
  CHECK(is_whole(*run->runtime));
}

}  // namespace
