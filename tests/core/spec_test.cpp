// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <array>
#include <initializer_list>
#include <limits>
#include <string>
#include <string_view>
#include <type_traits>

#include <moesaic/core/spec.hpp>

#include "support/splitmix.hpp"

namespace {
using namespace moesaic;

static_assert(std::is_trivially_copyable_v<spec> && noexcept(spec::parse("lru")));
static_assert(spec::parse("lru")->name() == "lru");  // also in the compiler
static_assert(*spec::parse("lrfu(32)")->number("half_life", 1, 1, 64, true) == 32);

std::string refusal(std::string_view text) {
  const auto parsed = spec::parse(text);
  if (parsed) return "accepted";
  CHECK(parsed.error().code() == error_code::bad_argument);
  CHECK(parsed.error().sentence().size() > 20);
  return std::string(parsed.error().sentence());
}
spec parsed(std::string_view text) {
  const auto s = spec::parse(text);
  REQUIRE_MESSAGE(s, text);
  return *s;
}

TEST_CASE("a name alone, with empty brackets, with spaces") {
  for (const char* text : {"lru", " lru", "lru ", "lru()", "lru( )", " lru ( ) ", "lru (   )"}) {
    const spec s = parsed(text);
    CHECK(s.name() == "lru");
    CHECK(s.arguments().empty());
  }
  CHECK(parsed("  most_useful ").text() == "most_useful");
}

TEST_CASE("arguments by place and by name") {
  const spec s = parsed(" most_useful ( 4 , in_flight = 8,b=c=d ) ");
  CHECK(s.name() == "most_useful");
  CHECK(s.text() == "most_useful ( 4 , in_flight = 8,b=c=d )");
  REQUIRE(s.arguments().size() == 3);
  CHECK(s.arguments()[0].key.empty());
  CHECK(s.arguments()[0].value == "4");
  CHECK(s.arguments()[1].key == "in_flight");
  CHECK(s.arguments()[1].value == "8");
  CHECK(s.arguments()[2].key == "b");
  CHECK(s.arguments()[2].value == "c=d");  // the first sign separates
}

TEST_CASE("nasty text gets a sentence that says what is wrong") {
  for (const char* text : {"", " ", "()", "(3)", " ( lru )"}) CHECK(refusal(text).find("names no policy") != std::string::npos);
  for (const char* text : {"LRU", "lru!", "l ru", "lru)", "lru;rm", "lrü", "lru\t", "\n", "lru=3", "lru,fifo", "-lru", "lru\n(3)"})
    CHECK(refusal(text).find("only a-z, 0-9 and _ are allowed") != std::string::npos);
  for (const char* text : {"lru(", "lru(3", "lru)(", "lru(3))", "lru(3)x", "lru((3))", "lru((3)", "a(b(3))", "a(b)(c)", "lru(3) 4"}) {
    CAPTURE(text);
    const std::string why = refusal(text);
    CHECK((why.find("one closing bracket") != std::string::npos || why.find("only a-z") != std::string::npos));
  }
  for (const char* text : {"lru(,)", "lru(1,)", "lru(,1)", "lru(1,,2)", "lru(=3)", "lru(k=)", "lru(=)", "lru( , )", "lru(k= )"})
    CHECK(refusal(text).find("empty argument") != std::string::npos);
  CHECK(refusal(std::string_view("lru\0(3)", 7)).find("only a-z") != std::string::npos);
  CHECK(refusal("a(1,2,3,4,5,6,7,8)") == "accepted");
  CHECK(refusal("a(1,2,3,4,5,6,7,8,9)") == "'a(1,2,3,4,5,6,7,8,9)' has more than 8 arguments");
}

TEST_CASE("a text longer than any sentence still leaves room for what is wrong with it") {
  CHECK(refusal(std::string(10'000, 'X')).find("only a-z") != std::string::npos);
  CHECK(refusal("lru(" + std::string(10'000, '3')).find("one closing bracket") != std::string::npos);
  const std::string text = "lru(" + std::string(10'000, '9') + ")";
  const auto number = parsed(text).number("half_life", 1, 1, 64, true);
  REQUIRE_FALSE(number);
  CHECK(number.error().sentence().find("whole number from 1 to 64") != std::string_view::npos);
  const auto only = parsed(std::string(10'000, 'x') + "(" + std::string(10'000, 'y') + "=1)").only({}, false);
  REQUIRE_FALSE(only);
  CHECK(only.error().sentence().find("it takes no arguments") != std::string_view::npos);
}

TEST_CASE("numbers: whole, in range, or a sentence with the range") {
  const auto read = [](std::string_view text, std::uint64_t least, std::uint64_t most) { return parsed(text).number("h", 7, least, most, true); };
  const std::uint64_t highest = std::numeric_limits<std::uint64_t>::max();
  CHECK(*read("a", 1, 9) == 7);            // not given
  CHECK(*read("a", 10, 20) == 7);          // the default is the policy's own business
  CHECK(*read("a(k=3)", 1, 9) == 7);       // another key
  CHECK(*read("a(0)", 0, 9) == 0);
  CHECK(*read("a(0009)", 1, 9) == 9);
  CHECK(*read("a(h=3)", 1, 9) == 3);
  CHECK(*read("a(k=1,h=3)", 1, 9) == 3);
  CHECK(*read("a(18446744073709551615)", 0, highest) == highest);
  for (const char* text : {"a(0)", "a(10)", "a(-1)", "a(+1)", "a(1.5)", "a(1e1)", "a(0x1)", "a( 1 2 )", "a(one)", "a(h=)x", "a(h=-3)",
                           "a(18446744073709551616)", "a(99999999999999999999999)", "a(184467440737095516150)", "a(１)"}) {
    const auto s = spec::parse(text);
    if (!s) continue;  // refused even earlier
    const auto n = s->number("h", 7, 1, 9, true);
    CAPTURE(text);
    REQUIRE_FALSE(n);
    CHECK(n.error().sentence().find("h has to be a whole number from 1 to 9, got '") != std::string_view::npos);
  }
  CHECK_FALSE(read("a(18446744073709551616)", 0, highest));  // wraps to 0 if nobody looks
}

TEST_CASE("a positional number counts only at the first place, and only where asked for") {
  CHECK(*parsed("a(5)").number("h", 7, 1, 9, false) == 7);
  CHECK(*parsed("a(5)").number("h", 7, 1, 9, true) == 5);
  CHECK(*parsed("a(k=1,5)").number("h", 7, 1, 9, true) == 7);
  CHECK(*parsed("a(5)").number("", 7, 1, 9, false) == 7);  // an empty key is no key
}

TEST_CASE("what is said twice is refused, not half ignored") {
  for (const char* text : {"a(5,h=6)", "a(h=5,h=6)", "a(h=5,h=5)"}) {
    const auto n = parsed(text).number("h", 7, 1, 9, true);
    REQUIRE_FALSE(n);
    CHECK(n.error().sentence() == std::string("'") + text + "' gives h twice");
  }
  constexpr std::array<std::string_view, 1> known{"h"};
  CHECK(parsed("a(h=5,h=6)").only(known, true).error().sentence() == "'a(h=5,h=6)' gives h twice");
}

TEST_CASE("arguments that nobody reads are refused, with those that are") {
  constexpr std::array<std::string_view, 2> known{"half_life", "seed"};
  const auto ask = [&](std::string_view text, bool positional) {
    const auto fine = parsed(text).only(known, positional);
    return fine ? std::string("fine") : std::string(fine.error().sentence());
  };
  CHECK(ask("lrfu", false) == "fine");
  CHECK(ask("lrfu(half_life=3,seed=4)", false) == "fine");
  CHECK(ask("lrfu(3,seed=4)", true) == "fine");
  CHECK(ask("lrfu(3)", false) == "'lrfu(3)': lrfu does not take '3'; it takes half_life= seed=");
  CHECK(ask("lrfu(3,4)", true) == "'lrfu(3,4)': lrfu does not take '4'; it takes a first number half_life= seed=");
  CHECK(ask("lrfu(halflife=3)", true) == "'lrfu(halflife=3)': lrfu does not take 'halflife'; it takes a first number half_life= seed=");
  CHECK(ask("lrfu(seed=1,2)", true) != "fine");
  CHECK(parsed("lru(3)").only({}, false).error().sentence() == "'lru(3)': lru does not take '3'; it takes no arguments");
  CHECK(parsed("lru").only({}, false));
}

TEST_CASE("random text never breaks the parser, and what it accepts holds together") {
  constexpr std::string_view alphabet = "abz09_(),= \t\0X-";
  moesaic_test::splitmix random{99};
  std::uint32_t accepted = 0;
  for (int i = 0; i < 200'000; ++i) {
    std::string text(random.below(14), ' ');
    for (char& c : text) c = alphabet[random.below(alphabet.size())];
    const auto s = spec::parse(text);
    if (!s) {
      REQUIRE(s.error().code() == error_code::bad_argument);
      REQUIRE(!s.error().sentence().empty());
      continue;
    }
    ++accepted;
    REQUIRE(!s->name().empty());
    REQUIRE(s->arguments().size() <= spec::most_arguments);
    for (const auto& a : s->arguments()) REQUIRE(!a.value.empty());
    REQUIRE(spec::parse(s->text())->arguments().size() == s->arguments().size());  // its own text means the same
  }
  CHECK(accepted > 1'000);
}

}  // namespace
