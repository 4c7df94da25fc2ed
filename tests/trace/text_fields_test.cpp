// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <moesaic/trace/text_fields.hpp>

using namespace moesaic;
using namespace moesaic::trace;

namespace {

TEST_CASE("fields by comma keep empty ones, fields by space do not") {
  const auto split = [](std::string_view text, char separator) {
    std::vector<std::string> out;
    text_fields fields(text, separator);
    while (const auto field = fields.next()) out.emplace_back(*field);
    return out;
  };
  CHECK(split("a,,b,", ',') == std::vector<std::string>{"a", "", "b", ""});
  CHECK(split("", ',') == std::vector<std::string>{""});
  CHECK(split("  a \t b  ", ' ') == std::vector<std::string>{"a", "b"});
  CHECK(split(" ", ' ').empty());
}

TEST_CASE("numbers are whole fields in range, weights finite and not negative") {
  CHECK(whole_number<std::uint16_t>(" 65535 ") == 65'535);
  for (const char* wrong : {"", "65536", "-1", "1x", "x", "1 2", "+1", "1.0"}) CHECK_FALSE(whole_number<std::uint16_t>(wrong));
  CHECK(whole_number<std::int64_t>("-3") == -3);
  CHECK(real_number("0.25") == 0.25);
  CHECK(real_number("1e-3") == 1e-3);
  CHECK_FALSE(real_number("0.25x"));
  CHECK(weight_of(0.25) == gate_mass{16'384});
  CHECK(weight_of(65'535.0) == gate_mass{0xFFFF'0000});
  for (const double wrong : {-0.1, 65'535.5, *real_number("nan"), *real_number("inf")}) CHECK_FALSE(weight_of(wrong));
}

}  // namespace
