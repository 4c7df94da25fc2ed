// SPDX-License-Identifier: MIT
#pragma once

#include <concepts>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include <moesaic/admission/catalogue.hpp>
#include <moesaic/concepts/policy_bundle.hpp>
#include <moesaic/eviction/catalogue.hpp>
#include <moesaic/placement/catalogue.hpp>
#include <moesaic/prediction/catalogue.hpp>
#include <moesaic/prefetch/catalogue.hpp>
#include <moesaic/scoring/catalogue.hpp>

#include "support/splitmix.hpp"

// The library's policies chosen at run time, and strange ones beside them: the core has to hold its promises with any policy
// that keeps to the signatures.
namespace moesaic_test {
using namespace moesaic;

/// Any partition of the experts.
struct any_groups {
  std::uint32_t groups = 1;
  std::vector<std::uint32_t> by_flat;
  [[nodiscard]] std::uint32_t count(const model_shape&) const noexcept { return groups; }
  [[nodiscard]] std::uint32_t group_of(const model_shape& shape, expert_id e) const noexcept { return by_flat[shape.space().flat(e)]; }
};

/// What the core said about who owns room, and in which order.
struct hearsay {
  const char* objection = nullptr;
  std::vector<std::uint8_t> owns_room;  ///< by flat index
  std::uint64_t evictions = 0;
  std::uint64_t events = 0;
  std::uint64_t leases_ended = 0;
  std::uint64_t submitted = 0;  ///< prefetches
  std::uint64_t settled = 0;    ///< of these
};

/// Scores as told, and listens to everything the core says.
struct listening_scoring {
  using hears = events<inventory, layer_event, admitted, evicted, lease_ended>;
  scoring::any inner;
  hearsay* said;
  expert_space space{};

  void on(const inventory& all) {
    space = all.space();
    said->owns_room.assign(space.size(), 0);
    inner.on(all);
  }
  void on(const layer_event& event) noexcept {
    ++said->events;
    inner.on(event);
  }
  void on(const admitted& who) noexcept {
    std::uint8_t& owns = said->owns_room[space.flat(who.expert)];
    if (owns != 0) said->objection = "an expert was admitted twice";
    owns = 1;
  }
  void on(const evicted& who) noexcept {
    std::uint8_t& owns = said->owns_room[space.flat(who.expert)];
    if (owns == 0) said->objection = "an expert was evicted that had no room";
    owns = 0;
    ++said->evictions;
  }
  void on(const lease_ended& done) noexcept {
    ++said->leases_ended;
    inner.on(done);
  }
  [[nodiscard]] utility score(expert_id e) const noexcept { return inner.score(e); }
};

/// The chosen policy; or one that refuses at random and names experts it must not name.
struct any_eviction {
  using hears = events<inventory, layer_event, admitted, evicted>;
  eviction::any inner;
  bool erratic = false;
  splitmix random{};

  template <class Event>
    requires(hears::template include<Event>)
  void on(const Event& event) noexcept(!std::same_as<Event, inventory>) {
    inner.on(event);
  }
  template <utility_scorer S>
  [[nodiscard]] std::optional<expert_id> victim(const eviction_scene<S>& scene) noexcept {
    if (!erratic || random.chance(600)) return inner.victim(scene);
    if (random.chance(300)) return std::nullopt;
    const model_shape& shape = scene.residency.shape();
    const std::uint32_t layer = random.below(shape.layers());
    return make_expert(layer, random.below(shape.experts(static_cast<layer_index>(layer))));
  }
  [[nodiscard]] std::optional<utility> key(expert_id e) const noexcept { return inner.key(e); }
};

struct any_admission {
  using hears = admission::any::hears;
  admission::any inner;
  bool erratic = false;  ///< only for admissions that displace nobody of their own event
  splitmix random{};
  void on(const inventory& all) { inner.on(all); }
  template <class Event>
    requires(!std::same_as<Event, inventory>)
  void on(const Event& event) noexcept {
    inner.on(event);
  }
  template <utility_scorer S>
  [[nodiscard]] verdict admit(const admission_scene<S>& scene) noexcept {
    if (erratic) return random.chance(700) ? verdict::keep : verdict::bypass;
    return inner.admit(scene);
  }
  [[nodiscard]] bool displaces_own_event() const noexcept { return inner.displaces_own_event(); }
};

/// The chosen scheduler; or one that wishes for anybody, also for those who do not exist.
struct any_prefetch {
  using hears = prefetch::any::hears;
  prefetch::any inner;
  hearsay* said;
  bool erratic = false;
  splitmix random{};
  std::optional<prefetch_request> wish{};

  template <class Event>
    requires(hears::template include<Event>)
  void on(const Event& event) noexcept(!std::same_as<Event, inventory>) {
    inner.on(event);
  }
  template <utility_scorer S>
  [[nodiscard]] std::optional<prefetch_request> next(const scene<S>& now) noexcept {
    if (!erratic) return inner.next(now);
    if (!wish && random.chance(900)) {
      const model_shape& shape = now.residency.shape();
      const std::uint32_t layer = random.below(shape.layers() + (random.chance(20) ? 1 : 0));
      const std::uint32_t expert = random.below(shape.widest_layer() + (random.chance(20) ? 2 : 0));
      wish = prefetch_request{make_expert(layer, expert), {7}};
    }
    return wish;
  }
  void settle(const prefetch_request& request, prefetch_fate fate) noexcept {
    if (fate == prefetch_fate::submitted) ++said->submitted;
    if (fate == prefetch_fate::arrived || fate == prefetch_fate::failed || fate == prefetch_fate::withdrawn) ++said->settled;
    if (!erratic) return inner.settle(request, fate);
    if (wish && wish->expert == request.expert) wish.reset();
  }
};

struct any_placement {
  using hears = placement::any::hears;
  placement::any inner;
  bool erratic = false;
  splitmix random{};

  template <class Event>
    requires(hears::template include<Event>)
  void on(const Event& event) noexcept(!std::same_as<Event, inventory>) {
    inner.on(event);
  }
  template <utility_scorer S>
  void place(const scene<S>& now, std::span<const miss> misses, std::span<remedy> remedies) noexcept {
    inner.place(now, misses, remedies);
    if (!erratic) return;
    for (remedy& r : remedies) r = random.chance(500) ? remedy::fetch : remedy::host;
  }
  [[nodiscard]] utility threshold() const noexcept { return inner.threshold(); }
};

struct any_bundle {
  any_groups groups;
  listening_scoring scoring;
  any_eviction eviction;
  any_admission admission;
  prediction::any prediction;
  any_prefetch prefetch;
  any_placement placement;
};
static_assert(residency_bundle<any_bundle>);

/// A partition of the shape's experts into groups without gaps: one pool, one per layer, or any.
inline any_groups random_groups(const model_shape& shape, splitmix& random) {
  any_groups g{1, std::vector<std::uint32_t>(shape.space().size())};
  const std::uint32_t kind = random.below(3);
  const std::uint32_t most = random.between(2, 6);
  std::vector<std::uint32_t> numbers(std::size_t{shape.layers()} + most, ~std::uint32_t{});
  if (kind == 0) return g;
  g.groups = 0;
  for (std::uint32_t l = 0; l < shape.layers(); ++l)
    for (std::uint32_t e = 0; e < shape.experts(static_cast<layer_index>(l)); ++e) {
      std::uint32_t& number = numbers[kind == 1 ? l : random.below(most)];
      if (number == ~std::uint32_t{}) number = g.groups++;
      g.by_flat[shape.space().flat(make_expert(l, e))] = number;
    }
  return g;
}

}  // namespace moesaic_test
