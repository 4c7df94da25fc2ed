// SPDX-License-Identifier: MIT
#pragma once

#include <doctest/doctest.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include <moesaic/admission/forced.hpp>
#include <moesaic/admission/optional.hpp>
#include <moesaic/admission/staging_only.hpp>
#include <moesaic/cache/extent_arena.hpp>
#include <moesaic/cache/residency.hpp>
#include <moesaic/eviction/lru.hpp>
#include <moesaic/eviction/random.hpp>
#include <moesaic/placement/fetch.hpp>
#include <moesaic/placement/host.hpp>
#include <moesaic/prediction/none.hpp>
#include <moesaic/prefetch/none.hpp>
#include <moesaic/scoring/none.hpp>
#include <moesaic/transport/instant.hpp>
#include <moesaic/transport/simulated.hpp>

namespace residency_fixture {

using namespace moesaic;

template <class Groups = group_per_layer, class Admission = admission::forced, class Eviction = eviction::lru, class Placement = placement::fetch>
struct bundle {
  Groups groups{};
  scoring::none scoring{};
  Eviction eviction{};
  Admission admission{};
  prediction::none prediction{};
  prefetch::none prefetch{};
  Placement placement{};
};

/// A prefetcher that a test tells what to ask for.
struct scripted_prefetch {
  using hears = events<>;
  std::vector<expert_id>* wishes = nullptr;
  std::vector<std::pair<expert_id, prefetch_fate>>* fates = nullptr;
  template <utility_scorer S>
  std::optional<prefetch_request> next(const scene<S>&) const noexcept {
    if (wishes->empty()) return std::nullopt;
    return prefetch_request{wishes->front(), {}};
  }
  void settle(const prefetch_request& r, prefetch_fate f) const noexcept {
    fates->emplace_back(r.expert, f);
    if (!wishes->empty() && wishes->front() == r.expert && f != prefetch_fate::arrived) wishes->erase(wishes->begin());
  }
};

struct prefetching_bundle {
  one_group groups{};
  scoring::none scoring{};
  eviction::lru eviction{};
  admission::forced admission{};
  prediction::none prediction{};
  scripted_prefetch prefetch{};
  placement::fetch placement{};
};

inline model_shape shape_of(std::uint32_t layers, std::uint32_t experts, std::uint32_t top_k, std::uint64_t each) {
  return *model_shape::uniform(layers, experts, top_k, {each});
}

struct event_of {
  std::vector<demand> wanted;
  layer_event event;
  event_of(std::uint64_t step, std::uint32_t layer, std::vector<std::uint32_t> experts) {
    for (const std::uint32_t e : experts) wanted.push_back({static_cast<expert_index>(e), 1, {}});
    event.step = {step};
    event.first_token = {step};
    event.layer = static_cast<layer_index>(layer);
    event.wanted = wanted;
  }
  operator const layer_event&() const { return event; }  // NOLINT
};

template <class Lease>
std::vector<seat> drain(Lease& held) {
  std::vector<seat> seats;
  for (;;) {
    auto next = held.next();
    REQUIRE(next);
    if (!*next) return seats;
    seats.push_back(**next);
    held.release(**next);
  }
}

}  // namespace residency_fixture
