// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <cmath>
#include <filesystem>
#include <string>
#include <utility>

#include <moesaic/prediction/catalogue.hpp>
#include <moesaic/sim/recall.hpp>
#include <moesaic/trace/windows.hpp>

#include "support/packed_trace.hpp"

using namespace moesaic;
using moesaic_test::table_of;

namespace {

/// What simple predictors find, as published with the traces: hottest k, the previous token's, what follows it, what goes with
/// the layer before, and with the one before that. Theirs were counted by another program.
struct published {
  const char* trace;
  bool spread;
  double popularity, previous_step, successors, one_ahead, two_ahead;
};
constexpr published table[] = {
    {"qwen3_30b_a3b_k6", false, .327, .380, .395, .554, .549},     {"olmoe1b7b_decode299", false, .272, .499, .373, .523, .502},
    {"dsv2lite_esft_intent", false, .271, .277, .487, .622, .612}, {"dsv2lite_esft_law", false, .228, .302, .368, .533, .524},
    {"dsv2lite_esft_summary", true, .253, .309, .353, .509, .501},
};

TEST_CASE("recall: what simple predictors find on real traces is what was published with them") {
  const std::string folder = MOESAIC_SHARED "/traces/";
  if (!std::filesystem::exists(folder)) {
    MESSAGE("skipped: the traces are not beside the repository (expected at ", folder, ")");
    return;
  }
  for (const published& row : table) {
    CAPTURE(row.trace);
    const trace::event_table events = table_of(folder + row.trace + ".bin.xz");
    const auto& [layers, experts, top_k] = events.shape;
    const model_shape shape = *model_shape::uniform(layers, experts, top_k, {1});
    sim::recall_options how;
    how.at = {top_k};
    how.ahead = {1, 2};
    how.spread = row.spread;  // which sequences were held out is not published; these are nearest
    const sim::recall measure(events, how);
    const auto near = [&](const char* predictor, double should, std::size_t distance) {
      CAPTURE(predictor);
      const double found = measure.of(*prediction::make(predictor), shape).recall[distance][0];
      CAPTURE(found);
      CAPTURE(should);
      CHECK(std::abs(found - should) <= .01);
    };
    near("popularity", row.popularity, 0);
    near("previous_step", row.previous_step, 0);
    near("successors", row.successors, 0);
    near("co_occurrence", row.one_ahead, 0);
    near("co_occurrence", row.two_ahead, 1);
  }
}

}  // namespace
