// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <string>

#include "command_line/amounts.hpp"

using namespace moesaic;
using namespace moesaic::command_line;

TEST_CASE("budgets as people type them") {
  const auto of = [](std::string_view text, std::uint64_t total) {
    const auto b = budget_text::parse(text);
    REQUIRE(b);
    return b->of({total}).count;
  };
  CHECK(budget_text::parse("all")->everything());
  CHECK_FALSE(budget_text::parse("100%")->everything());
  CHECK(of("25%", 1000) == 250);
  CHECK(of("12.5%", 1001) == 125);  // exact, rounded down
  CHECK(of("0.1%", 999) == 0);
  CHECK(of("100%", UINT64_MAX) == UINT64_MAX);
  CHECK(of("33.333333%", 300'000'000'000) == 99'999'999'000);
  CHECK(of("512MiB", 7) == 512ULL << 20U);
  CHECK(of("1.5GB", 7) == 1'500'000'000);
  CHECK(of("1048576", 7) == 1'048'576);
  CHECK(of("17 KiB", 7) == 17'408);
  for (const char* bad : {"", "%", "-1", "25 percent", "1e9", "101%", "512mib", "12..5%", "0x10", "99999999999999999999999%", "all of it"}) {
    const auto refused = budget_text::parse(bad);
    CAPTURE(bad);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().sentence().find("--budget") != std::string_view::npos);
  }
  CHECK(parse_bytes("99999999999TiB", "--x")->count == UINT64_MAX);  // more than there is, not less
}

TEST_CASE("rates") {
  CHECK(parse_rate("500MB/s", "--throttle")->count == 5e8);
  CHECK(parse_rate("0.5GiB", "--throttle")->count == 536'870'912.0);
  for (const char* bad : {"", "0", "0MB/s", "fast", "MB/s", "-3MB/s"}) CHECK_FALSE(parse_rate(bad, "--throttle"));
  CHECK(parse_rate("fast", "--link").error().sentence() == "--link cannot be 'fast'; give a rate like 500MB/s");
}

TEST_CASE("lists of ids") {
  CHECK(*parse_ids("5,17,42", "--prompt-ids") == std::vector<token_id>{5, 17, 42});
  CHECK(*parse_ids(" 5\n17\t42 ,\r\n", "F") == std::vector<token_id>{5, 17, 42});
  CHECK(parse_ids("", "F")->empty());
  CHECK(*parse_ids("2147483647", "F") == std::vector<token_id>{2147483647});
  for (const char* bad : {"x", "1,-2", "1.5", "2147483648", "99999999999999999999", "1;2", "3MB"}) {
    const auto refused = parse_ids(bad, "--prompt-ids");
    CAPTURE(bad);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().sentence().find("--prompt-ids") != std::string_view::npos);
  }
  CHECK(parse_ids("4,5,six", "F").error().sentence().find("'six' as its id number 3") != std::string_view::npos);
}
