// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <cstdint>
#include <filesystem>
#include <string>

#include <moesaic/trace/hub/open_trace.hpp>

#include "trace/seen_rows.hpp"

using namespace moesaic;
using namespace moesaic::trace;
using moesaic_test::rows_of;
using moesaic_test::seen_rows;

namespace {

const std::string shared = std::string(MOESAIC_SHARED) + "/traces/";

bool there(const std::string& name) {
  if (std::filesystem::exists(shared + name)) return true;
  MESSAGE("skipped: " << name << " is not beside the repository");
  return false;
}

TEST_CASE("WASTE's published trace is the converted one") {
  if (!there("original/waste_trace_olmoe_299.jsonl.xz") || !there("olmoe1b7b_decode299.bin.xz")) return;
  const seen_rows original = rows_of(open_trace(shared + "original/waste_trace_olmoe_299.jsonl.xz")),
                  converted = rows_of(open_trace(shared + "olmoe1b7b_decode299.bin.xz"));
  CHECK(original.error == "");
  CHECK(original.facts.shape == dimensions{16, 64, 8});
  CHECK(original.tokens() == 299);
  CHECK(original == converted);
}

TEST_CASE("the phone engine's trace is the converted one, with residency and bytes") {
  if (!there("original/bigmoe_qwen.route.csv.xz") || !there("qwen3_30b_a3b_k6.bin.xz")) return;
  const seen_rows original = rows_of(open_trace(shared + "original/bigmoe_qwen.route.csv.xz")),
                  converted = rows_of(open_trace(shared + "qwen3_30b_a3b_k6.bin.xz", {.weights = true}));
  CHECK(original.error == "");
  CHECK(original.facts.shape == dimensions{48, 128, 6});
  CHECK(original.facts.bytes_of(0, 0) == bytes{3'059'712});
  CHECK(original.facts.bytes_of(6, 0) == bytes{2'654'208});
  CHECK(original.ids == converted.ids);
  CHECK(original.prompt == converted.prompt);
  REQUIRE(original.weights.size() == converted.weights.size());
  std::uint64_t apart = 0;  // converted weights are rounded to 1/10000
  for (std::size_t i = 0; i < original.ids.size(); ++i)
    if (original.ids[i] != not_routed) apart += original.weights[i] > converted.weights[i] + 4 || converted.weights[i] > original.weights[i] + 4 ? 1 : 0;
  CHECK(apart == 0);
  CHECK(original.batch[0] == 1);
  CHECK(original.batch[27] == 1);
  CHECK(original.batch[28] == 0);
  std::uint64_t resident = 0, recorded = 0;  // over decode
  for (std::size_t i = 28U * 48 * 6; i < original.recorded.size(); ++i) {
    recorded += original.recorded[i] != recorded_nothing ? 1 : 0;
    resident += original.recorded[i] == recorded_resident ? 1 : 0;
  }
  CHECK(recorded == 36'864);
  CHECK(resident == 29'597);  // counted in the file by another program
}

}  // namespace
