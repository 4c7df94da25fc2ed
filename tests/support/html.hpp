// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

namespace moesaic_test {

inline std::size_t occurrences(std::string_view text, std::string_view what) {
  std::size_t count = 0;
  for (std::size_t at = text.find(what); at != std::string_view::npos; at = text.find(what, at + what.size())) ++count;
  return count;
}

/// Checks what a browser would forgive: every element is closed in order, every attribute value is quoted and holds no '<', ids
/// are unique, and what refers to one finds it.
inline void check_well_formed(std::string_view html) {
  const std::set<std::string_view> alone{"meta", "input"};
  std::vector<std::string_view> open;
  std::set<std::string, std::less<>> ids, referred;
  std::size_t at = html.find("<html");
  REQUIRE(at != std::string_view::npos);
  while ((at = html.find('<', at)) != std::string_view::npos) {
    std::size_t i = at + 1;
    const bool closes = html[i] == '/';
    if (closes) ++i;
    const std::size_t name_end = html.find_first_of(" >/\n", i);
    const std::string_view name = html.substr(i, name_end - i);
    CAPTURE(std::string(html.substr(at, 120)));
    REQUIRE_FALSE(name.empty());
    i = name_end;
    while (html[i] != '>' && html[i] != '/') {
      if (html[i] == ' ' || html[i] == '\n') {
        ++i;
        continue;
      }
      const std::size_t end = html.find_first_of("= >/", i);
      const std::string_view attribute = html.substr(i, end - i);
      REQUIRE_FALSE(attribute.empty());
      i = end;
      if (html[i] != '=') continue;
      REQUIRE(html[i + 1] == '"');
      const std::size_t closing = html.find('"', i + 2);
      const std::string_view value = html.substr(i + 2, closing - i - 2);
      REQUIRE(value.find('<') == std::string_view::npos);
      if (attribute == "id") REQUIRE(ids.emplace(value).second);
      if (attribute == "href") referred.emplace(value.substr(1));
      if (attribute == "aria-labelledby") {
        const std::size_t gap = value.find(' ');
        referred.emplace(value.substr(0, gap));
        if (gap != std::string_view::npos) referred.emplace(value.substr(gap + 1));
      }
      i = closing + 1;
    }
    const bool itself = html[i] == '/';
    if (closes) {
      REQUIRE_FALSE(open.empty());
      REQUIRE(open.back() == name);
      open.pop_back();
    } else if (!itself && alone.count(name) == 0) {
      open.push_back(name);
    }
    at = i;
    if (!closes && (name == "script" || name == "style")) at = html.find("</" + std::string(name), at);  // of another language
  }
  CHECK(open.empty());
  for (const std::string& id : referred) {
    CAPTURE(id);
    CHECK(ids.count(id) == 1);
  }
}

}  // namespace moesaic_test
