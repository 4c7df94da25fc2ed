// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include <moesaic/admission/forced.hpp>
#include <moesaic/eviction/lru.hpp>
#include <moesaic/placement/fetch.hpp>
#include <moesaic/prediction/next_gate.hpp>
#include <moesaic/prefetch/most_useful.hpp>
#include <moesaic/runtime/offload_runtime.hpp>
#include <moesaic/scoring/recency.hpp>
#include <moesaic/speculation/fixed.hpp>
#include <moesaic/transport/simulated.hpp>

#include "toy_model.hpp"

using namespace moesaic;

namespace {

/// Says the same three experts of each next layer, right or wrong, and remembers when it was asked.
struct seer : toy::model {
  using toy::model::model;
  std::vector<std::uint32_t> asked{};  ///< layers, in order
  std::vector<expert_index> named{};
  std::vector<hint> said{};

  std::span<const hint> look_ahead(layer_index layer) {
    asked.push_back(number(layer));
    said.clear();
    if (number(layer) + 1 == shape().layers()) return {};
    named.assign({expert_index{1}, expert_index{2}, static_cast<expert_index>(number(layer))});
    said.push_back({provenance::target_gate_ahead, static_cast<layer_index>(number(layer) + 1), {0}, named, {}, {}});
    return said;
  }
};
static_assert(foresighted_model<seer>);
static_assert(!foresighted_model<toy::model>);

struct bundle {
  group_per_layer groups{};
  scoring::recency scoring{};
  eviction::lru eviction{};
  admission::forced admission{};
  prediction::next_gate prediction{};
  prefetch::most_useful prefetch{};
  placement::fetch placement{};
  speculation::fixed speculation{};
};
using toy_link = transports::simulated<toy::content>;

template <class Model>
auto run_of(std::vector<std::byte>& memory) {
  const model_shape shape = *model_shape::uniform(5, 16, 3, {64});
  memory.assign(64 * (5 * 6 + 2), std::byte{0xEE});
  const runtime_options options{.residency = {.budget = {{memory.size()}, 2}, .memory = memory}, .prefill_chunk = 4};
  return offload_runtime<Model, toy_link, bundle>::create(Model(shape), toy_link({.capacity = 4}), bundle{}, options);
}

const std::vector<token_id> prompt{3, 14, 15, 9};

TEST_CASE("offload_runtime: a model that looks ahead is asked once a layer, after its event, and the predictor hears it") {
  std::vector<std::byte> memory;
  auto run = run_of<seer>(memory);
  REQUIRE(run);
  REQUIRE(run->prefill(prompt));
  CHECK(run->model().asked == std::vector<std::uint32_t>{0, 1, 2, 3, 4});
  REQUIRE(run->step());
  CHECK(run->model().asked.size() == 10);
  // What was said of a layer is used up by its event, so nothing is left behind the last layer.
  const forecast& left = run->cache().policies().prediction.expectation();
  for (std::uint32_t l = 0; l < 5; ++l) CHECK(left.expected(static_cast<layer_index>(l)).empty());
  CHECK(run->cache().count().prefetches > 0);  // 1 and 2 of each layer but the first, where they were not there anyway
}

TEST_CASE("offload_runtime: looking ahead changes no token") {
  std::vector<std::byte> memory, other;
  auto with = run_of<seer>(memory);
  auto without = run_of<toy::model>(other);
  REQUIRE(with);
  REQUIRE(without);
  const auto first = with->prefill(prompt), second = without->prefill(prompt);
  REQUIRE(first);
  REQUIRE(second);
  CHECK(*first == *second);
  for (int i = 0; i < 40; ++i) {
    const auto a = with->step(), b = without->step();
    REQUIRE(a);
    REQUIRE(b);
    CHECK(a->tokens[0] == b->tokens[0]);
  }
  CHECK(with->cache().count().prefetches > 0);
  CHECK(without->cache().count().prefetches == 0);
}

}  // namespace
