// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <optional>

#include <moesaic/concepts/admission_policy.hpp>

#include "concepts/flat_scorer.hpp"

namespace {
using namespace moesaic;

static_assert(admission_policy<archetype::admission> && explain_admission_policy<archetype::admission>());

struct admits_demand {
  using hears = events<>;
  static constexpr bool displaces_own_event() noexcept { return false; }  // static will do
  template <utility_scorer S>
  verdict admit(const admission_scene<S>& scene) noexcept {
    return scene.why == cause::demand ? verdict::keep : verdict::bypass;
  }
};
static_assert(admission_policy<admits_demand> && explain_admission_policy<admits_demand>());

// Each lacks one thing of a admission policy.
struct does_not_say_what_it_hears {
  bool displaces_own_event() const noexcept;
  template <utility_scorer S>
  verdict admit(const admission_scene<S>&) noexcept;
};
struct declares_an_event_it_cannot_hear : archetype::admission {
  using hears = events<evicted>;
};
struct handles_what_it_hears_but_may_throw : archetype::admission {
  using hears = events<evicted>;
  void on(const evicted&);
};
struct misspells_its_handler : archetype::admission {
  using hears = events<lease_ended>;
  void no(const lease_ended&) noexcept;
};
struct hears_no_list : archetype::admission {
  using hears = int;
};
struct admits_nobody : archetype::admission {
  void admit(const auto&) noexcept = delete;
};
struct may_throw_while_admitting : archetype::admission {
  template <utility_scorer S>
  verdict admit(const admission_scene<S>&);
};
struct answers_yes_or_no : archetype::admission {
  template <utility_scorer S>
  bool admit(const admission_scene<S>&) noexcept;
};
struct does_not_say_whom_it_displaces : archetype::admission {
  bool displaces_own_event() const noexcept = delete;
};
struct may_throw_about_whom_it_displaces : archetype::admission {
  bool displaces_own_event() const;
};
struct changes_when_asked_whom_it_displaces : archetype::admission {
  bool displaces_own_event() noexcept;
};
struct displaces_a_number : archetype::admission {
  int displaces_own_event() const noexcept;
};
struct says_it_in_a_constant : archetype::admission {
  static constexpr bool displaces_own_event = false;
};
static_assert(!admission_policy<does_not_say_what_it_hears> && !admission_policy<declares_an_event_it_cannot_hear> &&
              !admission_policy<handles_what_it_hears_but_may_throw> && !admission_policy<misspells_its_handler> && !admission_policy<hears_no_list> &&
              !admission_policy<admits_nobody> && !admission_policy<may_throw_while_admitting> && !admission_policy<answers_yes_or_no> &&
              !admission_policy<does_not_say_whom_it_displaces> && !admission_policy<may_throw_about_whom_it_displaces> &&
              !admission_policy<changes_when_asked_whom_it_displaces> && !admission_policy<displaces_a_number> && !admission_policy<says_it_in_a_constant>);

TEST_CASE("an admission scene starts as a demand that displaces nobody") {
  const moesaic_test::flat_scorer scorer;
  const forecast nothing;
  admission_scene<moesaic_test::flat_scorer> scene{{.scores = scorer, .expectation = nothing}};
  admits_demand policy;
  CHECK_FALSE(scene.displaces);
  CHECK(policy.admit(scene) == verdict::keep);
  scene.why = cause::prefetch;
  CHECK(policy.admit(scene) == verdict::bypass);
}

}  // namespace
