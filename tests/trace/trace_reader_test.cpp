// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <moesaic/trace/byte_source.hpp>
#include <moesaic/trace/moetrc1.hpp>
#include <moesaic/trace/trace_reader.hpp>

using namespace moesaic;
using namespace moesaic::trace;

namespace {

static_assert(trace_reader<moetrc1_reader<memory_source>>);
struct no_facts {
  result<std::optional<routing_rows>> next();
};
static_assert(!trace_reader<no_facts>);

TEST_CASE("bytes of an expert: for each, for each layer, or not said") {
  trace_facts facts{.format = "test", .shape = {2, 3, 1}, .tokens = {}, .sequences = {}, .weights = false, .weight_steps = 0, .expert_bytes = {}};
  CHECK(facts.bytes_of(1, 2) == bytes{0});
  facts.expert_bytes = {{10}, {20}};
  CHECK(facts.bytes_of(0, 2) == bytes{10});
  CHECK(facts.bytes_of(1, 0) == bytes{20});
  facts.expert_bytes = {{1}, {2}, {3}, {4}, {5}, {6}};
  CHECK(facts.bytes_of(0, 2) == bytes{3});
  CHECK(facts.bytes_of(1, 2) == bytes{6});
}

TEST_CASE("dimensions that one reader takes, every reader and writer takes") {
  CHECK_FALSE(unusable({24, 32, 4}));
  CHECK_FALSE(unusable({1, 65'535, 65'535}));
  CHECK_FALSE(unusable({16, 65'535, 1}));
  CHECK(unusable({0, 4, 1}));
  CHECK(unusable({65'536, 4, 1}));
  CHECK(unusable({1, 0, 0}));
  CHECK(unusable({1, 65'536, 1}));
  CHECK(unusable({1, 4, 0}));
  CHECK(unusable({1, 4, 5}));
  CHECK(unusable({22, 37'674, 2}));  // 22 times 65536: flat indices go by powers of two
}

}  // namespace
