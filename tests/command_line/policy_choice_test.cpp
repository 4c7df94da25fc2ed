// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <string>
#include <string_view>

#include <moesaic/systems/catalogue.hpp>

#include "command_line/policy_choice.hpp"

namespace {

using namespace moesaic;
using namespace moesaic::command_line;

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("systems and their parts") {
  named_parts parts;
  CHECK(choose_policies("on_demand", parts)->eviction == "lru");
  parts.eviction = "lrfu( 8 )";
  parts.prefetch = "most_useful(in_flight=2)";
  const auto named = choose_policies("on_demand", parts);
  CHECK(named->eviction == "lrfu( 8 )");
  CHECK(named->prediction == "transition_counts");  // somebody has to predict
  CHECK(named->scoring == "decayed_frequency");
  CHECK(make_policies(*named));
  CHECK(has(std::string(choose_policies("telepathy", parts).error().sentence()), "on_demand"));
  parts.eviction = "belief";
  const auto unknown = make_policies(*choose_policies("on_demand", parts));
  REQUIRE_FALSE(unknown);
  CHECK(has(std::string(unknown.error().sentence()), "--eviction"));
  CHECK(has(std::string(unknown.error().sentence()), "lrfu"));
  parts.eviction = "random";
  parts.admission = "optional";
  const auto keyless = make_policies(*choose_policies("on_demand", parts));
  REQUIRE_FALSE(keyless);
  CHECK(has(std::string(keyless.error().sentence()), "optional"));
  for (const systems::description& s : systems::entries()) {
    CAPTURE(s.name);
    CHECK(make_policies(*choose_policies(s.name, {})));
  }
}

TEST_CASE("a system that prefetches without a forecast keeps it so, unless somebody names another scheduler") {
  named_parts parts;
  CHECK(choose_policies("moe_spac", parts)->prediction == "none");
  CHECK(choose_policies("moe_spac", parts)->scoring == "hysteresis");
  parts.prefetch = "most_useful";
  CHECK(choose_policies("moe_spac", parts)->prediction == "transition_counts");
  parts.prediction = "none";
  CHECK(choose_policies("moe_spac", parts)->prediction == "none");
  named_parts scored;
  scored.eviction = "below_threshold";
  CHECK(choose_policies("on_demand", scored)->scoring == "decayed_frequency");
}
