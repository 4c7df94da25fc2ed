// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <moesaic/concepts/speculation_governor.hpp>

#include "concepts/flat_scorer.hpp"

namespace {
using namespace moesaic;

static_assert(speculation_governor<archetype::governor> && explain_speculation_governor<archetype::governor>());

// Each lacks one thing of a speculation governor.
struct does_not_say_what_it_hears {
  draft_length longest(const auto&) noexcept;
  bool keep_drafting(const auto&) noexcept;
  draft_length verify(const auto&) noexcept;
  void observe(const step_outcome&) noexcept;
};
struct declares_an_event_it_cannot_hear : archetype::governor {
  using hears = events<evicted>;
};
struct handles_what_it_hears_but_may_throw : archetype::governor {
  using hears = events<evicted>;
  void on(const evicted&);
};
struct misspells_its_handler : archetype::governor {
  using hears = events<lease_ended>;
  void no(const lease_ended&) noexcept;
};
struct hears_no_list : archetype::governor {
  using hears = int;
};
struct does_not_say_how_far : archetype::governor {
  void longest(const auto&) noexcept = delete;
};
struct says_how_far_in_plain_numbers : archetype::governor {
  int longest(const auto&) noexcept;
};
struct may_throw_about_how_far : archetype::governor {
  draft_length longest(const auto&);
};
struct never_stops_half_way : archetype::governor {
  void keep_drafting(const auto&) noexcept = delete;
};
struct stops_half_way_by_length : archetype::governor {
  draft_length keep_drafting(const auto&) noexcept;
};
struct may_throw_half_way : archetype::governor {
  bool keep_drafting(const auto&);
};
struct does_not_say_what_to_verify : archetype::governor {
  void verify(const auto&) noexcept = delete;
};
struct verifies_or_not : archetype::governor {
  bool verify(const auto&) noexcept;
};
struct may_throw_about_what_to_verify : archetype::governor {
  draft_length verify(const auto&);
};
struct never_learns : archetype::governor {
  void observe(const step_outcome&) noexcept = delete;
};
struct may_throw_while_learning : archetype::governor {
  void observe(const step_outcome&);
};
struct answers_when_it_learns : archetype::governor {
  bool observe(const step_outcome&) noexcept;
};
static_assert(!speculation_governor<does_not_say_what_it_hears> && !speculation_governor<declares_an_event_it_cannot_hear> &&
              !speculation_governor<handles_what_it_hears_but_may_throw> && !speculation_governor<misspells_its_handler> &&
              !speculation_governor<hears_no_list> && !speculation_governor<does_not_say_how_far> && !speculation_governor<says_how_far_in_plain_numbers> &&
              !speculation_governor<may_throw_about_how_far> && !speculation_governor<never_stops_half_way> &&
              !speculation_governor<stops_half_way_by_length> && !speculation_governor<may_throw_half_way> &&
              !speculation_governor<does_not_say_what_to_verify> && !speculation_governor<verifies_or_not> &&
              !speculation_governor<may_throw_about_what_to_verify> && !speculation_governor<never_learns> && !speculation_governor<may_throw_while_learning> &&
              !speculation_governor<answers_when_it_learns>);

TEST_CASE("a speculation scene starts before any draft, without a time limit") {
  const moesaic_test::flat_scorer scorer;
  const forecast nothing;
  const speculation_scene<moesaic_test::flat_scorer> scene{{.scores = scorer, .expectation = nothing}};
  CHECK(scene.drafted == draft_length{0});
  CHECK(scene.possible == draft_length{0});
  CHECK(scene.time_limit == nanoseconds{0});
}

}  // namespace
