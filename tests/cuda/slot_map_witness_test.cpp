// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include <moesaic/admission/optional.hpp>
#include <moesaic/cache/residency.hpp>
#include <moesaic/cuda/slot_map_witness.hpp>
#include <moesaic/eviction/lru.hpp>
#include <moesaic/placement/fetch.hpp>
#include <moesaic/prediction/none.hpp>
#include <moesaic/prefetch/none.hpp>
#include <moesaic/scoring/none.hpp>

#include "cuda/host_experts.hpp"

using namespace moesaic;
using namespace moesaic_test;

namespace {
struct watched_bundle {
  one_group groups{};
  scoring::none scoring{};
  eviction::lru eviction{};
  admission::optional admission{};
  prediction::none prediction{};
  prefetch::none prefetch{};
  placement::fetch placement{};
  cuda::slot_map_witness<stream_double> witness;
};
static_assert(explain_witness<cuda::slot_map_witness<stream_double>>());
}  // namespace

TEST_CASE("an entry stands as long as its expert lies there") {
  const host_experts far(2, 8, 60);
  double_device device({.seed = 4, .eager = 300});
  const model_shape shape = *model_shape::uniform(2, 8, 4, {70});
  auto slab = std::move(*cuda::device_memory<stream_double>::create(device.api, {80 * 6}));
  auto map = std::move(*cuda::slot_map<stream_double>::create(device.api, shape.space().size(), slab.memory()));
  auto link = std::move(*double_transport::create(device.api, &device.fences, far.source(), {}));
  std::uint64_t framed = 0, stood = 0;
  {
    auto core =
        residency<double_transport, watched_bundle>::create(shape, std::move(link), watched_bundle{.witness = cuda::slot_map_witness<stream_double>(map)},
                                                            {.budget = {{80 * 6}, 1}, .footprint = footprint_of(shape, {80}), .memory = slab.memory()});
    REQUIRE(core);
    splitmix dice{9};
    for (std::uint32_t i = 0; i < 400; ++i) {
      std::vector<demand> wanted;
      for (std::uint32_t e = 0; e < 8; ++e)
        if (dice.chance(400)) wanted.push_back({static_cast<expert_index>(e), 1, {}});
      if (wanted.empty()) continue;
      layer_event event;
      event.step = {i};
      event.first_token = {i};
      event.layer = static_cast<layer_index>(dice.below(2));
      event.wanted = wanted;
      std::map<std::uint64_t, std::uint32_t> by_offset;
      const auto no_two_at_one_place = [&] {
        by_offset.clear();
        for (const expert_id e : far.ids()) {
          const std::uint32_t flat = shape.space().flat(e);
          if (map.at(flat) != cuda::absent_slot) REQUIRE(by_offset.emplace(map.at(flat), flat).second);
        }
      };
      auto lease = core->acquire(event);
      REQUIRE(lease);
      std::vector<seat> kept;
      for (;;) {
        auto next = lease->next();
        if (!next) {  // one that has to leave was not released yet
          REQUIRE(next.error().code() == error_code::release_first);
          REQUIRE_FALSE(kept.empty());
          lease->release(kept.back());
          kept.pop_back();
          continue;
        }
        if (!*next) break;
        const seat s = **next;
        map.set(shape.space().flat(s.expert), s.address);
        no_two_at_one_place();
        framed += s.at == residence::frame;
        if (s.at == residence::frame || dice.chance(800))
          lease->release(s);
        else
          kept.push_back(s);
        no_two_at_one_place();
      }
      lease->end();
      no_two_at_one_place();
      for (const expert_id e : far.ids()) {
        const bool there = core->view().of(e) == residency_state::resident;
        const bool said = map.at(shape.space().flat(e)) != cuda::absent_slot;
        REQUIRE((there || !said));
        stood += said;
      }
    }
  }
  CHECK(framed > 15);
  CHECK(stood > 500);
}
