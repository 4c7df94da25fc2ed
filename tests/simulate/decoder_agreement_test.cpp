// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <cstdint>
#include <string>
#include <utility>

#include "program.hpp"

using namespace moesaic_test;
using nlohmann::json;

namespace {

const std::string model = MOESAIC_MODELS "/moesaic-demo-moe-q8_0.gguf";

/// Decodes, simulates the run's journal at the same budget, and holds all counters against each other.
void same_counters(const std::string& budget, const std::string& policies) {
  const temporary_folder here;
  CAPTURE(budget);
  CAPTURE(policies);
  const finished decoded = run("moesaic-decode", "--model '" + model + "' --budget " + budget + " " + policies +
                                                     " --prompt 'def quicksort(items):' --tokens 40 --quiet --json - --journal '" + (here / "j") + "'");
  CAPTURE(decoded.err);
  REQUIRE(decoded.status == 0);
  const json real = json_of(decoded);
  const finished simulated =
      run("moesaic-simulate", "'" + (here / "j") + "' --hardware two_core_server --budget " + std::to_string(real["budget"]["bytes"].get<std::uint64_t>()) +
                                  " --frames " + std::to_string(real["budget"]["frames"].get<int>()) + " " + policies + " --quiet --json -");
  CAPTURE(simulated.err);
  REQUIRE(simulated.status == 0);
  const json paper = json_of(simulated)["rows"][0];
  CHECK(paper["expert_bytes_from"] == "trace");
  CHECK(paper["budget"]["floor"] == real["budget"]["floor"]);
  CHECK(real["counters"]["misses"].get<int>() > 0);
  for (const auto& both : {std::pair{"counters", paper["decode"]["counters"]}, {"prefill_counters", paper["prefill"]["counters"]}}) {
    const auto& name = both.first;  // clang captures no binding
    const auto& on_paper = both.second;
    for (const char* key : {"events", "accesses", "hits", "misses", "evictions", "bypasses", "host", "prefetches", "prefetch_used", "prefetch_late",
                            "prefetch_wasted", "bytes_prefetched", "bytes_host"})
      CHECK_MESSAGE(real[name][key] == on_paper[key], name << "." << key << ": decoded " << real[name][key] << ", simulated " << on_paper[key]);
  }
  // The file ends inside the block that the very last expert's read ends in: the decoder moves a few bytes less.
  const auto moved = real["counters"]["bytes_demanded"].get<std::int64_t>(), on_paper = paper["decode"]["counters"]["bytes_demanded"].get<std::int64_t>();
  CHECK(on_paper - moved >= 0);
  CHECK(on_paper - moved < 4096 * real["counters"]["misses"].get<std::int64_t>() / 100);
}

}  // namespace

TEST_CASE("a simulated run counts what the decoder counted: hits, misses, evictions, bypasses, bytes") {
  if (!built("moesaic-decode")) {
    MESSAGE("skipped: moesaic-decode is not part of this build");
    return;
  }
  same_counters("25%", "--eviction lru");
  same_counters("10%", "--eviction 'lrfu(32)' --admission optional");
  same_counters("40%", "--eviction lfu --scope global");
  same_counters("15%", "--admission staging_only");
  same_counters("30%", "--placement host --eviction fifo");
  same_counters("60kB", "--eviction lru");  // the floor: one frame
}
