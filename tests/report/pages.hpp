// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "report/page.hpp"
#include "support/html.hpp"

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

}  // namespace moesaic_test
