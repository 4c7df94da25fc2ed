// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <string_view>
#include <vector>

#include "faults.hpp"
#include "toy_run.hpp"

namespace {
using namespace faults;

TEST_CASE("the n-th read goes wrong in each way, for every n until none does: the same tokens in the end") {
  const toy_file file;
  const auto expected = right_tokens(file);
  REQUIRE(expected.size() == 17);
  for (const read_fault how : {read_fault::error, read_fault::file_ends, read_fault::error_for_good, read_fault::interrupted, read_fault::half}) {
    const bool is_failure = how != read_fault::interrupted && how != read_fault::half;
    std::uint64_t complaints = 0;
    for (std::uint64_t n = 1;; ++n) {
      CAPTURE(static_cast<int>(how));
      CAPTURE(n);
      REQUIRE(n < 2000);
      fail_read(n, how);
      auto run = toy_run::make(file);  // opening reads, too: to learn what the link costs
      REQUIRE(run);
      std::vector<error> failures;
      bool reached = false;
      const auto tokens = run->go([&] { reached = heal(); }, failures);
      reached = heal() || reached;
      CHECK(tokens == expected);
      CHECK((is_failure || failures.empty()));
      for (const error& e : failures) {
        CHECK(e.code() == moesaic::error_code::transfer_failed);
        CHECK(e.sentence().find(how == read_fault::file_ends ? "ended early" : "could not be read") != std::string_view::npos);
      }
      complaints += failures.size();
      CHECK(is_whole(*run->runtime));
      if (!reached) break;
    }
    CHECK((complaints > 0) == is_failure);
  }
}

TEST_CASE("the n-th call of the system fails, for every n until a run passes: opening says what, a run is repeated") {
  const toy_file file;
  const auto expected = right_tokens(file);
  std::uint64_t refused = 0;
  for (std::uint64_t n = 1;; ++n) {
    CAPTURE(n);
    REQUIRE(n < 2000);
    const std::int64_t before = living();
    {
      fail_call(n);
      auto run = toy_run::make(file);
      if (!run) {
        REQUIRE(heal());
        ++refused;
        const std::string_view sentence = run.error().sentence();
        CHECK(sentence.size() > 20);
        CHECK_MESSAGE((sentence.find("errno") != std::string_view::npos || sentence.find("memory") != std::string_view::npos), sentence);
      } else {
        std::vector<error> failures;
        CHECK(run->go([] {}, failures) == expected);
        CHECK(failures.size() <= 1);
        CHECK(is_whole(*run->runtime));
        if (!heal()) break;
      }
    }
    CHECK(living() == before);
  }
  CHECK(refused >= 3);  // the file, the slab, the thread
}

}  // namespace
