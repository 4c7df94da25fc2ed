// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "report/page.hpp"

namespace moesaic_test {

/// A comparison of made-up numbers: policy p misses 1000 (p + 2) times of 1000 (policies + 2) (r + 1) at
/// capacity r, the bound 1000 times.
inline moesaic::report::comparison made_up(std::size_t policies, std::size_t rooms, bool sized, std::size_t layers = 3) {
  moesaic::report::comparison c;
  c.title = "made up";
  c.facts = {{"layers", std::to_string(layers)}};
  c.tokens = 100;
  c.columns = {"hits", "misses"};
  for (std::size_t r = 0; r < rooms; ++r)
    for (std::size_t p = 0; p < policies; ++p) {
      moesaic::report::entry e;
      e.policy = "policy_" + std::to_string(p);
      e.capacity = std::to_string(10 * (r + 1)) + "%";
      e.share = 0.1 * static_cast<double>(r + 1);
      e.accesses = 1'000 * (policies + 2) * (r + 1);
      e.misses = 1'000 * (p + 2);
      e.bound_misses = 1'000;
      e.hits = e.accesses - e.misses;
      if (sized) {
        e.bytes_missed = e.misses * 1'000'000;
        e.bound_bytes = *e.bound_misses * 1'000'000;
      }
      e.regret = 1 - static_cast<double>(*e.bound_misses) / static_cast<double>(e.misses);
      e.layers_accesses.assign(layers, e.accesses / 3);
      for (std::size_t l = 0; l < layers; ++l) e.layers_misses.push_back(e.misses / (3 + l));
      e.cells = {std::to_string(e.hits), std::to_string(e.misses)};
      c.entries.push_back(std::move(e));
    }
  return c;
}

inline moesaic::report::page page_of(std::vector<moesaic::report::comparison> comparisons) {
  return {"Made up", "a test", "none", {{"hit", "resident when the event begins"}}, std::move(comparisons)};
}

inline std::size_t count_of(std::string_view text, std::string_view what) {
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
