// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <optional>

#include <moesaic/concepts/prefetch_scheduler.hpp>

namespace {
using namespace moesaic;

static_assert(prefetch_scheduler<archetype::prefetch> && explain_prefetch_scheduler<archetype::prefetch>());
static_assert(std::equality_comparable<prefetch_request>);

// Each lacks one thing of a prefetch scheduler.
struct does_not_say_what_it_hears {
  template <utility_scorer S>
  std::optional<prefetch_request> next(const scene<S>&) noexcept;
  void settle(const prefetch_request&, prefetch_fate) noexcept;
};
struct declares_an_event_it_cannot_hear : archetype::prefetch {
  using hears = events<evicted>;
};
struct handles_what_it_hears_but_may_throw : archetype::prefetch {
  using hears = events<evicted>;
  void on(const evicted&);
};
struct misspells_its_handler : archetype::prefetch {
  using hears = events<lease_ended>;
  void no(const lease_ended&) noexcept;
};
struct hears_no_list : archetype::prefetch {
  using hears = int;
};
struct asks_for_nothing : archetype::prefetch {
  void next(const auto&) noexcept = delete;
};
struct may_throw_while_asking : archetype::prefetch {
  template <utility_scorer S>
  std::optional<prefetch_request> next(const scene<S>&);
};
struct asks_for_experts_without_worth : archetype::prefetch {
  template <utility_scorer S>
  std::optional<expert_id> next(const scene<S>&) noexcept;
};
struct must_always_ask : archetype::prefetch {
  template <utility_scorer S>
  prefetch_request next(const scene<S>&) noexcept;
};
struct does_not_settle : archetype::prefetch {
  void settle(const prefetch_request&, prefetch_fate) noexcept = delete;
};
struct may_throw_while_settling : archetype::prefetch {
  void settle(const prefetch_request&, prefetch_fate);
};
struct settles_without_the_fate : archetype::prefetch {
  void settle(const prefetch_request&) noexcept;
};
struct answers_when_it_settles : archetype::prefetch {
  bool settle(const prefetch_request&, prefetch_fate) noexcept;
};
static_assert(!prefetch_scheduler<does_not_say_what_it_hears> && !prefetch_scheduler<declares_an_event_it_cannot_hear> &&
              !prefetch_scheduler<handles_what_it_hears_but_may_throw> && !prefetch_scheduler<misspells_its_handler> && !prefetch_scheduler<hears_no_list> &&
              !prefetch_scheduler<asks_for_nothing> && !prefetch_scheduler<may_throw_while_asking> && !prefetch_scheduler<asks_for_experts_without_worth> &&
              !prefetch_scheduler<must_always_ask> && !prefetch_scheduler<does_not_settle> && !prefetch_scheduler<may_throw_while_settling> &&
              !prefetch_scheduler<settles_without_the_fate> && !prefetch_scheduler<answers_when_it_settles>);

TEST_CASE("requests compare by expert and worth") {
  const prefetch_request a{make_expert(1, 2), {5}};
  CHECK(a == prefetch_request{make_expert(1, 2), {5}});
  CHECK(a != prefetch_request{make_expert(1, 2), {6}});
  CHECK(a != prefetch_request{make_expert(1, 3), {5}});
}

}  // namespace
