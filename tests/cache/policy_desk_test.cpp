// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <string>

#include <moesaic/admission/forced.hpp>
#include <moesaic/cache/policy_desk.hpp>
#include <moesaic/eviction/lru.hpp>
#include <moesaic/placement/fetch.hpp>
#include <moesaic/prediction/none.hpp>
#include <moesaic/prefetch/none.hpp>

using namespace moesaic;

namespace {
struct noting_scorer {
  using hears = events<layer_event, lease_ended>;
  std::string* notes;
  void on(const layer_event&) noexcept { *notes += 'e'; }
  void on(const lease_ended&) noexcept { *notes += 'l'; }
  [[nodiscard]] utility score(expert_id) const noexcept { return {}; }
};
struct noting_eviction {
  using hears = events<layer_event, evicted, step_outcome>;
  std::string* notes;
  void on(const layer_event&) noexcept { *notes += 'E'; }
  void on(const evicted&) noexcept { *notes += 'V'; }
  void on(const step_outcome&) noexcept { *notes += 'S'; }
  template <utility_scorer S>
  [[nodiscard]] std::optional<expert_id> victim(const eviction_scene<S>& scene) const noexcept {
    *notes += scene.threshold == utility{42} ? '!' : '?';
    return std::nullopt;
  }
};
struct bounded_placement : placement::fetch {
  [[nodiscard]] utility threshold() const noexcept { return {42}; }
};
struct bundle {
  one_group groups{};
  noting_scorer scoring;
  noting_eviction eviction;
  admission::forced admission{};
  prediction::none prediction{};
  prefetch::none prefetch{};
  bounded_placement placement{};
};
}  // namespace

TEST_CASE("policies hear what they declared, the scorer before eviction, and nothing else") {
  std::string notes;
  policy_desk<bundle> desk({.scoring = {&notes}, .eviction = {&notes}});
  desk.tell(layer_event{});
  desk.tell(admitted{});
  desk.tell(evicted{});
  desk.tell(lease_ended{});
  desk.tell(step_outcome{});
  CHECK(notes == "eEVlS");
}

TEST_CASE("the placement policy's threshold is in everybody's scene") {
  std::string notes;
  policy_desk<bundle> desk({.scoring = {&notes}, .eviction = {&notes}});
  CHECK_FALSE(desk.victim({}, {}, 0, {}, cause::demand));
  CHECK(notes == "!");
}
