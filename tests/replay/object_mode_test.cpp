// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "program.hpp"

using namespace moesaic_test;

namespace {

/// Hits that libCacheSim 0.3.5 counts for the same ids, one object at a time in one pool (benchmarks/replay/beside_libcachesim.py
/// makes them anew where its Python package is installed): objects of size 1, in token, layer, rank order.
struct counted {
  const char* trace;
  const char* capacity;
  std::uint64_t lru, fifo, arc, sieve, s3_fifo, belady;
};
constexpr counted table[] = {
    {"gptoss20b_6x96", "12.5%", 17'275, 14'768, 16'805, 3'109, 19'385, 32'119},   {"gptoss20b_6x96", "25%", 30'441, 27'955, 31'947, 19'292, 31'599, 42'693},
    {"gptoss20b_6x96", "50%", 46'476, 43'808, 46'590, 41'440, 46'907, 49'863},    {"dsv2lite_law_2x128", "12.5%", 12'182, 9'392, 12'041, 2'416, 11'937, 22'718},
    {"dsv2lite_law_2x128", "25%", 19'786, 18'056, 19'535, 8'797, 18'629, 29'007}, {"dsv2lite_law_2x128", "50%", 28'778, 27'855, 28'719, 23'647, 29'183, 35'002},
};

TEST_CASE("one object at a time in one pool, hits are those of libCacheSim") {
  for (const counted& c : table) {
    CAPTURE(c.trace);
    CAPTURE(c.capacity);
    const finished done = replay(test_trace(std::string(c.trace) + ".bin") + " --capacity " + c.capacity +
                                 " --eviction lru,fifo,arc,sieve,belady,s3_fifo --scope global --accesses one-by-one --json -");
    REQUIRE(done.status == 0);
    const std::vector<std::string> rows = rows_of(done.out);
    REQUIRE(rows.size() == 6);
    CHECK(count_of(rows[0], "hits") == c.lru);
    CHECK(count_of(rows[1], "hits") == c.fifo);
    CHECK(count_of(rows[2], "hits") == c.arc);
    CHECK(count_of(rows[3], "hits") == c.sieve);
    CHECK(count_of(rows[4], "hits") == c.belady);
    // S3-FIFO leaves to whoever writes it how the sizes of its queues are rounded and when ghosts are forgotten: the two stay
    // within half a percent of the accesses.
    CHECK(std::abs(number_of(rows[5], "hits") - static_cast<double>(c.s3_fifo)) <= .005 * number_of(rows[5], "accesses"));
  }
}

}  // namespace
