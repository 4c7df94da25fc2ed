// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <numeric>
#include <vector>

#include "program.hpp"
#include "support/html.hpp"

using namespace moesaic_test;

TEST_CASE("a page shows what was simulated, layer by layer too") {
  const temporary_folder here;
  const finished ran = run("moesaic-simulate", "'" + test_trace("gptoss20b_6x96.bin") +
                                                   "' --hardware rtx_5090_epyc_9655 --system on_demand,prefetching,host_assisted "
                                                   "--capacity 12.5%,25% --json - --report '" +
                                                   (here / "page.html") + "'");
  CAPTURE(ran.err);
  REQUIRE(ran.status == 0);
  const std::string html = content_of(here / "page.html");
  check_well_formed(html);
  for (const char* chart : {"hit_ratio", "seconds", "what_if", "regret", "regret_table", "heat_map"}) {
    CAPTURE(chart);
    CHECK(occurrences(html, "data-chart=\"" + std::string(chart) + "\"") == 1);
  }
  CHECK(html.find("Seconds against capacity, as simulated") != std::string::npos);
  CHECK(occurrences(html, "<rect class=\"q") == 24 * 3 * 2);
  const nlohmann::json rows = json_of(ran).at("rows");
  REQUIRE(rows.size() == 6);
  for (const nlohmann::json& row : rows) {
    const auto sum = [&](const char* key) {
      const auto counts = row.at(key).get<std::vector<std::uint64_t>>();
      CHECK(counts.size() == 24);
      return std::accumulate(counts.begin(), counts.end(), std::uint64_t{0});
    };
    CHECK(sum("layers_accesses") == row.at("counters").at("accesses"));
    CHECK(sum("layers_misses") == row.at("counters").at("misses"));
  }
}
