// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include "cuda/stream_soak.hpp"

using namespace moesaic_test;

namespace {
/// `events` in runs of a hundred, half of them through staging, a third with copies that are refused.
soak_report run_many(std::uint64_t events, forgetful::what forgets = forgetful::what::nothing) {
  soak_report all;
  for (std::uint64_t seed = 1; all.events < events; ++seed) {
    const soak_report one = run_soak({.seed = seed, .events = 100, .by_staging = seed % 4 >= 2, .bad_copies = seed % 3 == 0 ? 40U : 0U}, forgets);
    if (!one.broken.empty()) {
      CAPTURE(seed);
      REQUIRE(one.broken == "");
    }
    all.events += one.events;
    all.kernels += one.kernels;
    all.failures += one.failures;
    all.wrong_bytes += one.wrong_bytes;
    all.wrong_map += one.wrong_map;
    all.transfers += one.transfers;
    all.failed_transfers += one.failed_transfers;
    all.cancelled += one.cancelled;
  }
  return all;
}
}  // namespace

TEST_CASE("a hundred thousand events on streams: every kernel finds its expert's bytes, and no transfer is lost") {
  const soak_report all = run_many(100'000);
  CHECK(all.wrong_bytes == 0);
  CHECK(all.wrong_map == 0);
  // It was not an idle run.
  CHECK(all.kernels > 400'000);
  CHECK(all.transfers > 100'000);
  CHECK(all.failed_transfers > 1'000);
  CHECK(all.cancelled > 500);
  MESSAGE(all.events, " events, ", all.kernels, " kernels, ", all.transfers, " transfers, ", all.failed_transfers, " failed, ", all.cancelled, " cancelled");
}

TEST_CASE("whoever forgets to wait for the last use is found out") { CHECK(run_many(2'000, forgetful::what::last_uses).wrong_bytes > 0); }
TEST_CASE("whoever forgets to wait for the arrival is found out") { CHECK(run_many(2'000, forgetful::what::arrivals).wrong_bytes > 0); }

TEST_CASE("any one call of the runtime may fail: nothing is lost, nothing stays behind, no kernel sees wrong bytes") {
  for (const bool by_staging : {false, true})
    for (const std::int32_t code : {stream_double::invalid, stream_double::no_memory, stream_double::lost}) {
      bool failed = true;
      std::uint64_t n = 0;
      while (failed && n < 100'000) {
        const soak_report one = run_soak({.seed = 6, .events = 12, .by_staging = by_staging}, forgetful::what::nothing, ++n, code, &failed);
        if (!one.broken.empty() || one.wrong_bytes != 0 || one.wrong_map != 0) {
          CAPTURE(by_staging);
          CAPTURE(code);
          CAPTURE(n);
          REQUIRE(one.broken == "");
          REQUIRE(one.wrong_bytes == 0);
          REQUIRE(one.wrong_map == 0);
        }
      }
      CHECK_FALSE(failed);
      CHECK(n > 300);
    }
}
