// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <array>
#include <string_view>

#include <moesaic/trace/journal_format.hpp>

using namespace moesaic::trace;

namespace {
std::uint32_t checksum_of(std::string_view text) { return journal::checksum(std::as_bytes(std::span(text))); }
}  // namespace

TEST_CASE("the checksum is the well-known one") {
  CHECK(checksum_of("123456789") == 0xCBF4'3926U);  // the check value of CRC-32/ISO-HDLC
  CHECK(checksum_of("") == 0);
}

TEST_CASE("a journal is known by its first eight bytes") {
  using namespace std::string_view_literals;
  CHECK(journal::recognises(std::as_bytes(std::span("MOEJRNL\0\1\0\0\0"sv))));
  CHECK_FALSE(journal::recognises(std::as_bytes(std::span("MOEJRNL"sv))));
  CHECK_FALSE(journal::recognises(std::as_bytes(std::span("MOETRC1\0"sv))));
}

TEST_CASE("what is a decision and what an input") {
  static_assert(journal::is_decision<moesaic::seen::victim> && journal::is_decision<moesaic::admitted> && journal::is_decision<journal::counted>);
  static_assert(!journal::is_decision<moesaic::seen::acquire> && !journal::is_decision<moesaic::hint> && !journal::is_decision<journal::ended>);
  static_assert(journal::is_transport_answer<moesaic::link_cost> && !journal::is_transport_answer<moesaic::seen::submitted>);
  // Tags say the same: decisions from 0x80 on, the transport's answers from 0x40 on.
  CHECK(static_cast<unsigned>(journal::tag::leased) == 0x80);
  CHECK(static_cast<unsigned>(journal::tag::clock) == 0x40);
}

TEST_CASE("facts are found by name") {
  const journal::subject s{"m", {{"a", "1"}, {"b", "2"}, {"a", "3"}}};
  CHECK(s.fact("b") == "2");
  CHECK(s.fact("a") == "1");
  CHECK(s.fact("c").empty());
}
