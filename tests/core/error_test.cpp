// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <type_traits>

#include <moesaic/core/error.hpp>

namespace {
using namespace moesaic;

static_assert(std::is_trivially_copyable_v<error> && sizeof(error) <= 512);  // values: copied without allocation
static_assert(std::is_nothrow_constructible_v<error, error_code> && !std::is_convertible_v<error_code, error>);
static_assert(!std::is_default_constructible_v<error>);                      // no error without a kind
static_assert(noexcept(error(error_code::bad_file, "a", 1)));

// Parts are text or integers. A bool or a character would print as something nobody meant.
template <class Part>
concept appends = requires(error e, Part part) { e.append(part); };
static_assert(appends<std::string_view> && appends<const char*> && appends<std::string>);
static_assert(appends<int> && appends<std::uint64_t> && appends<std::int8_t> && appends<std::uint8_t>);
static_assert(!appends<bool> && !appends<char> && !appends<double> && !appends<float> && !appends<error_code>);

static_assert(error(error_code::bad_file, "layer ", 3, " of ", 61U).sentence() == "layer 3 of 61");  // also in the compiler
static_assert(error(error_code::context_full).sentence().empty() && error(error_code::context_full).code() == error_code::context_full);

std::string said(auto... parts) { return std::string(error(error_code::bad_argument, parts...).sentence()); }

TEST_CASE("numbers come out whole, at both ends of every type") {
  CHECK(said(0) == "0");
  CHECK(said(-1) == "-1");
  CHECK(said(std::numeric_limits<std::int64_t>::min()) == "-9223372036854775808");
  CHECK(said(std::numeric_limits<std::int64_t>::max()) == "9223372036854775807");
  CHECK(said(std::numeric_limits<std::uint64_t>::max()) == "18446744073709551615");
  CHECK(said(std::numeric_limits<std::int32_t>::min()) == "-2147483648");
  CHECK(said(std::numeric_limits<std::int16_t>::min()) == "-32768");
  CHECK(said(std::int8_t{-128}) == "-128");       // a number, not a character
  CHECK(said(std::uint8_t{65}) == "65");
  CHECK(said(std::uint16_t{65'535}, "/", 65'535U) == "65535/65535");
}

TEST_CASE("text may hold anything") {
  CHECK(said("") == "");
  CHECK(said(std::string_view("a\0b", 3)) == std::string("a\0b", 3));
  CHECK(said("100% of {} %s\n") == "100% of {} %s\n");
  CHECK(said("größe") == "größe");
}

TEST_CASE("a sentence is cut at its capacity, never beyond") {
  const std::string longer(2 * error::capacity, 'x');
  error e(error_code::bad_file, longer);
  CHECK(e.sentence().size() == error::capacity);
  CHECK(e.sentence() == std::string_view(longer).substr(0, error::capacity));
  e.append("more").append(42);
  CHECK(e.sentence().size() == error::capacity);
  CHECK(e.code() == error_code::bad_file);

  error exact(error_code::bad_file, std::string(error::capacity - 2, 'y'));
  exact.append(1234);  // two digits fit
  CHECK(exact.sentence().substr(error::capacity - 3) == "y12");
}

TEST_CASE("append continues the sentence, and a copy goes its own way") {
  error first(error_code::unknown_name, "no policy 'x'");
  const error copy = first;
  CHECK(&first.append("; known are ").append("lru") == &first);
  CHECK(first.sentence() == "no policy 'x'; known are lru");
  CHECK(copy.sentence() == "no policy 'x'");
  first = copy;
  CHECK(first.sentence() == copy.sentence());
}

}  // namespace
