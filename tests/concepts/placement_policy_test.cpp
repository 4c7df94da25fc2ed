// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <array>
#include <span>

#include <moesaic/concepts/placement_policy.hpp>

#include "concepts/flat_scorer.hpp"

namespace {
using namespace moesaic;

static_assert(placement_policy<archetype::placement> && explain_placement_policy<archetype::placement>());
static_assert(sizeof(remedy) == 1 && remedy{} == remedy::fetch);  // what is not decided is fetched

struct lightest_in_place {
  using hears = events<>;
  template <utility_scorer S>
  void place(const scene<S>&, std::span<const miss> misses, std::span<remedy> remedies) noexcept {
    for (std::size_t i = 0; i < misses.size(); ++i)
      if (misses[i].tokens == 1) remedies[i] = remedy::host;
  }
  utility threshold() const noexcept { return utility::lowest(); }
};
static_assert(placement_policy<lightest_in_place> && explain_placement_policy<lightest_in_place>());

// Each lacks one thing of a placement policy.
struct does_not_say_what_it_hears {
  template <utility_scorer S>
  void place(const scene<S>&, std::span<const miss>, std::span<remedy>) noexcept;
  utility threshold() const noexcept;
};
struct declares_an_event_it_cannot_hear : archetype::placement {
  using hears = events<evicted>;
};
struct handles_what_it_hears_but_may_throw : archetype::placement {
  using hears = events<evicted>;
  void on(const evicted&);
};
struct misspells_its_handler : archetype::placement {
  using hears = events<lease_ended>;
  void no(const lease_ended&) noexcept;
};
struct hears_no_list : archetype::placement {
  using hears = int;
};
struct places_nobody : archetype::placement {
  void place(const auto&, std::span<const miss>, std::span<remedy>) noexcept = delete;
};
struct places_one_at_a_time : archetype::placement {
  template <utility_scorer S>
  remedy place(const scene<S>&, const miss&) noexcept;
};
struct may_throw_while_placing : archetype::placement {
  template <utility_scorer S>
  void place(const scene<S>&, std::span<const miss>, std::span<remedy>);
};
struct answers_when_it_places : archetype::placement {
  template <utility_scorer S>
  bool place(const scene<S>&, std::span<const miss>, std::span<remedy>) noexcept;
};
struct has_no_threshold : archetype::placement {
  utility threshold() const noexcept = delete;
};
struct has_a_threshold_in_plain_numbers : archetype::placement {
  std::int64_t threshold() const noexcept;
};
struct may_throw_about_its_threshold : archetype::placement {
  utility threshold() const;
};
struct changes_when_asked : archetype::placement {
  utility threshold() noexcept;
};
static_assert(!placement_policy<does_not_say_what_it_hears> && !placement_policy<declares_an_event_it_cannot_hear> &&
              !placement_policy<handles_what_it_hears_but_may_throw> && !placement_policy<misspells_its_handler> && !placement_policy<hears_no_list> &&
              !placement_policy<places_nobody> && !placement_policy<places_one_at_a_time> && !placement_policy<may_throw_while_placing> &&
              !placement_policy<answers_when_it_places> && !placement_policy<has_no_threshold> && !placement_policy<has_a_threshold_in_plain_numbers> &&
              !placement_policy<may_throw_about_its_threshold> && !placement_policy<changes_when_asked>);

TEST_CASE("a placement sees all misses together and answers beside them") {
  const moesaic_test::flat_scorer scorer;
  const forecast nothing;
  const std::array<miss, 2> misses{miss{make_expert(0, 1), 3}, miss{make_expert(0, 2), 1}};
  std::array<remedy, 2> remedies{};
  lightest_in_place{}.place(scene<moesaic_test::flat_scorer>{.scores = scorer, .expectation = nothing}, misses, remedies);
  CHECK(remedies[0] == remedy::fetch);
  CHECK(remedies[1] == remedy::host);
}

}  // namespace
