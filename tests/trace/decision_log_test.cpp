// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include <moesaic/trace/decision_log.hpp>

using namespace moesaic;

TEST_CASE("each decision is one call with one line, and nothing else is") {
  std::vector<std::string> lines;
  const auto keep = [&](std::string_view line) { lines.emplace_back(line); };
  trace::decision_log log(keep, "lru");
  log.note(seen::clock{{5}});
  log.note(seen::victim{make_expert(0, 1), cause::demand, 0, make_expert(0, 2), utility{1}, utility{2}});
  log.note(seen::left{make_expert(0, 2), make_expert(0, 1)});
  log.note(seen::judged{make_expert(0, 1), cause::demand, make_expert(0, 2), true});
  log.note(seen::left{make_expert(0, 4), {}});
  CHECK(lines == std::vector<std::string>{"evicted (0,2) for (0,1): lru 1 < 2", "(0,4) lost its room"});
}
