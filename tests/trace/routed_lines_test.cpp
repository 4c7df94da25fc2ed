// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <moesaic/trace/routed_lines.hpp>
#include <moesaic/trace/text_fields.hpp>

#include "made_moetrc1.hpp"
#include "seen_rows.hpp"

using namespace moesaic;
using namespace moesaic::trace;
using moesaic_test::raw;
using moesaic_test::rows_of;

namespace {

/// `token block expert`, one choice a line; every line at block 0 or of an earlier block begins a pass.
struct plain_lines {
  static constexpr std::string_view name = "plain";
  static bool skip(std::string_view text) { return text.empty(); }
  static std::optional<std::string_view> read(std::string_view text, routed_line& line) {
    text_fields fields(text, ' ');
    const auto token = whole_number<std::int64_t>(fields.next().value_or(""));
    const auto block = whole_number<std::uint32_t>(fields.next().value_or(""));
    const auto expert = whole_number<std::uint16_t>(fields.next().value_or(""));
    if (!token || !block || !expert) return "expected three numbers";
    line.token = *token;
    line.block = *block;
    line.experts.push_back(*expert);
    if (const auto weight = fields.next()) line.weights.push_back(weight_of(real_number(*weight).value_or(0)).value_or(gate_mass{}));
    return std::nullopt;
  }
  static bool begins(const routed_line& last, const routed_line& now, bool) { return now.block < last.block; }
  static std::optional<std::string_view> disorder(const routed_line& last, const routed_line& now, bool) {
    return now.token < last.token && now.block == last.block ? std::optional<std::string_view>("goes back") : std::nullopt;
  }
  static bool another_sequence(const routed_line&, const routed_line& now) { return now.token == 0; }
  static bool prompt(const routed_line&, std::size_t tokens) { return tokens > 2; }
};
static_assert(line_format<plain_lines>);
struct no_name {};
static_assert(!line_format<no_name>);

using reader = routed_lines_reader<memory_source, plain_lines>;
moesaic_test::seen_rows read(std::string_view text, std::string_view second) {
  return rows_of(reader::open(memory_source("t", raw(text)), [&]() -> result<memory_source> { return memory_source("t", raw(second)); }));
}
moesaic_test::seen_rows read(std::string_view text) { return read(text, text); }

TEST_CASE("lines of one place are put together in order, passes and sequences end where the format says") {
  const auto seen = read("0 2 5\n0 2 1\n1 2 0\n1 2 3\n0 7 1\n0 7 0\n1 7 2\n1 7 4\n\n2 2 5\n2 2 0\n2 7 1\n2 7 3\n0 2 0\n0 2 1\n0 7 5\n0 7 4\n");
  CHECK(seen.error == "");
  CHECK(seen.facts.shape == dimensions{2, 6, 2});
  CHECK(seen.ids == std::vector<std::uint16_t>{5, 1, 1, 0, 0, 3, 2, 4, 5, 0, 1, 3, 0, 1, 5, 4});
  CHECK(seen.batch == std::vector<std::uint32_t>{1, 1, 0, 0});
  CHECK(seen.prompt == std::vector<bool>{false, false, false, false});
  CHECK(seen.sequence == std::vector<std::uint32_t>{0, 0, 0, 1});
}

TEST_CASE("weights are in all lines or in none") {
  CHECK(read("0 0 1 .5\n1 0 2 .25\n").weights == std::vector<std::uint32_t>{32'768, 16'384});
  CHECK(read("0 0 1 .5\n1 0 2\n").error == "t: line 2: has no weights, unlike the lines above");
  CHECK(read("0 0 1\n1 0 2 .5\n").error == "t: line 2: has weights, unlike the lines above");
}

TEST_CASE("a file that changes between the readings is an error, not a wrong row") {
  const std::string first = "0 2 5\n0 7 1\n";
  CHECK(read(first, "0 2 9\n0 7 1\n").error == "t: line 1: expert 9 was not there at the first reading; the file has changed");
  CHECK(read(first, "0 3 5\n0 7 1\n").error == "t: line 1: layer 3 was not there at the first reading; the file has changed");
  CHECK(read(first, "0 2 5\n0 2 1\n").error.find("gets 2 experts in layer 2, more than in any other line (1)") != std::string::npos);
  CHECK(read(first, "0 x 5\n").error == "t: line 1: expected three numbers");
}

TEST_CASE("an end inside a pass is an end too early") {
  CHECK(read("0 2 5\n0 7 1\n1 2 5\n1 7 2\n2 2 3\n").error == "t: line 5: the last token has 1 layers, the one before had 2; the file is cut");
  CHECK(read("0 2 5\n0 2 3\n0 7 1\n0 7 0\n1 2 5\n1 2 3\n1 7 2").error == "t: line 7: the last line is not ended and has fewer than 2 experts; the file is cut");
  CHECK(read("1 2 5\n0 2 5\n").error == "t: line 2: goes back (0 after 1)");
}

}  // namespace
