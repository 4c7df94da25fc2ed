// SPDX-License-Identifier: MIT
// The meter that watches every run counts what the run counts, and its bound is one.
#include <doctest/doctest.h>

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "program_run.hpp"

namespace {

nlohmann::json run(const std::vector<std::string>& options) {
  std::vector<std::string> words{MOESAIC_PROGRAMS "/moesaic-decode",
                                 "--model",
                                 MOESAIC_MODELS "/moesaic-demo-moe-q8_0.gguf",
                                 "--prompt-ids",
                                 "5,17,42,99,7,311,23,8",
                                 "--tokens",
                                 "60",
                                 "--ignore-eos",
                                 "--quiet",
                                 "--json",
                                 "-"};
  words.insert(words.end(), options.begin(), options.end());
  const program_end end = run_program(words);
  REQUIRE(end.status == 0);
  return nlohmann::json::parse(end.out);
}
std::uint64_t misses_of(const nlohmann::json& j) {
  return j.at("counters").at("misses").get<std::uint64_t>() + j.at("prefill_counters").at("misses").get<std::uint64_t>();
}

TEST_CASE("live regret: with everything in memory nobody could have missed less") {
  const nlohmann::json j = run({"--budget", "all"});
  CHECK(j.at("regret").at("misses") == misses_of(j));
  CHECK(j.at("regret").at("bound") == misses_of(j));
  CHECK(j.at("regret").at("ratio") == 0);
  CHECK(j.at("regret").at("window") == 60);  // the prompt, and a step for each token but the last
}

TEST_CASE("live regret: the misses are those of the run, and lru misses more than it had to") {
  for (const std::string scope : {"layer", "global"}) {
    CAPTURE(scope);
    const nlohmann::json j = run({"--budget", "25%", "--eviction", "lru", "--scope", scope});
    const nlohmann::json& regret = j.at("regret");
    CHECK(regret.at("misses") == misses_of(j));
    CHECK(regret.at("bound") > 0);
    CHECK(regret.at("bound") < regret.at("misses"));
    CHECK(regret.at("ratio").get<double>() == doctest::Approx(1 - regret.at("bound").get<double>() / regret.at("misses").get<double>()));
  }
}

TEST_CASE("live regret: who may refuse is held to the bound of who may") {
  const nlohmann::json forced = run({"--budget", "10%", "--eviction", "lru"});
  const nlohmann::json optional = run({"--budget", "10%", "--eviction", "lru", "--admission", "optional"});
  CHECK(optional.at("regret").at("bound") < forced.at("regret").at("bound"));
}

}  // namespace
