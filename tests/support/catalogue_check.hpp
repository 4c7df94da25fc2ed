// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>

#include <doctest/doctest.h>

#include <moesaic/core/result.hpp>

namespace moesaic_test {

/// What every catalogue holds: each entry can be made bare and with the arguments its line shows, strangers get an error that
/// lists everyone, and arguments nobody reads are refused.
template <class Entries, class Make>
void check_catalogue(Entries entries, Make make) {
  CHECK_FALSE(entries.empty());
  for (const auto& e : entries) {
    CAPTURE(e.name);
    CHECK(static_cast<bool>(make(e.name)));
    CHECK_FALSE(e.help.empty());
    if (e.arguments.find('=') != std::string_view::npos || e.arguments.empty())
      CHECK(static_cast<bool>(make(std::string(e.name) + "(" + std::string(e.arguments) + ")")));
    const auto misspelt = make(std::string(e.name) + "(nonsense=1)");
    REQUIRE_FALSE(static_cast<bool>(misspelt));
    CHECK(misspelt.error().sentence().find("nonsense") != std::string_view::npos);
  }
  const auto unknown = make("who_is_this");
  REQUIRE_FALSE(static_cast<bool>(unknown));
  CHECK(unknown.error().code() == moesaic::error_code::unknown_name);
  CHECK(unknown.error().sentence().find("'who_is_this'") != std::string_view::npos);
  for (const auto& e : entries) CHECK(unknown.error().sentence().find(e.name) != std::string_view::npos);
  CHECK_FALSE(static_cast<bool>(make("")));
  CHECK_FALSE(static_cast<bool>(make("no bracket(")));
}

/// The sentence with which something cannot be made.
template <class Make>
std::string refusal(Make make, std::string_view text) {
  const auto made = make(text);
  if (made) return "made";
  return std::string(made.error().sentence());
}

}  // namespace moesaic_test
