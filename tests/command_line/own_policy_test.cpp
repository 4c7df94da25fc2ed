// SPDX-License-Identifier: MIT
// The policy of the documents, compiled once into a library, in the three programs: replay, simulation, real decoder.
#include <doctest/doctest.h>

#include <cstdlib>
#include <string>

#include "support/program.hpp"

namespace {

using moesaic_test::finished;
using moesaic_test::run;

bool built(const std::string& program) {
  if (moesaic_test::built(program)) return true;
  MESSAGE("skipped: ", program, " is not part of this build");
  return false;
}
bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }
/// The number behind a key's first occurrence.
double number_of(const std::string& json, const std::string& key) {
  const std::size_t at = json.find("\"" + key + "\":");
  REQUIRE(at != std::string::npos);
  return std::strtod(json.c_str() + at + key.size() + 3, nullptr);
}

const std::string trace = moesaic_test::test_trace("gptoss20b_6x96.bin");
const std::string with_policy = " --policies '" MOESAIC_PROGRAMS "/libageing_lfu.so' --eviction ageing_lfu ";

TEST_CASE("in replay") {
  if (!built("moesaic-replay")) return;
  const finished own = run("moesaic-replay", trace + with_policy + "--capacity 25% --json -");
  const finished lru = run("moesaic-replay", trace + " --eviction lru --capacity 25% --json -");
  CAPTURE(own.err);
  REQUIRE(own.status == 0);
  CHECK(has(own.out, "\"eviction\": \"ageing_lfu\""));
  CHECK(number_of(own.out, "hits") > 0);
  CHECK(number_of(own.out, "hits") != number_of(lru.out, "hits"));  // another policy did decide
  CHECK(number_of(own.out, "accesses") == number_of(lru.out, "accesses"));
}

TEST_CASE("in simulation") {
  if (!built("moesaic-simulate")) return;
  const std::string rest = " --hardware phone_oneplus_15r --system on_demand --capacity 25% --json -";
  const finished own = run("moesaic-simulate", trace + with_policy + rest);
  const finished lru = run("moesaic-simulate", trace + " --eviction lru" + rest);
  CAPTURE(own.err);
  REQUIRE(own.status == 0);
  CHECK(number_of(own.out, "hit_ratio") > 0);
  CHECK(number_of(own.out, "hit_ratio") != number_of(lru.out, "hit_ratio"));
}

TEST_CASE("in the decoder") {
  if (!built("moesaic-decode")) return;
  const std::string rest = " --model '" MOESAIC_MODELS "/moesaic-demo-moe-q8_0.gguf' --budget 25% --prompt-ids 5,17,42 --tokens 24 --quiet --json -";
  const finished own = run("moesaic-decode", with_policy + rest);
  const finished lru = run("moesaic-decode", " --eviction lru" + rest);
  CAPTURE(own.err);
  REQUIRE(own.status == 0);
  CHECK(has(own.out, "\"eviction\": \"ageing_lfu\""));
  CHECK(own.out.substr(own.out.find("\"ids\"")).substr(0, 60) == lru.out.substr(lru.out.find("\"ids\"")).substr(0, 60));
  CHECK(number_of(own.out.substr(own.out.find("\"counters\"")), "hits") != number_of(lru.out.substr(lru.out.find("\"counters\"")), "hits"));
}

}  // namespace
