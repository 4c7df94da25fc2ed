// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <concepts>

#include <moesaic/concepts/policy_bundle.hpp>
#include <moesaic/concepts/witness.hpp>

namespace {
using namespace moesaic;

static_assert(witness<archetype::watcher> && explain_witness<archetype::watcher>());

struct deaf {};
struct hears_the_start_only {
  void note(const seen::made&);
};
struct may_throw_on_the_way {
  template <class Seen>
  void note(const Seen&);
};
struct misses_one_thing {
  template <class Seen>
    requires(!std::same_as<Seen, seen::fate>)
  void note(const Seen&) noexcept;
};
static_assert(!witness<deaf>);
static_assert(!witness<hears_the_start_only>);
static_assert(!witness<may_throw_on_the_way>);
static_assert(!witness<misses_one_thing>);

struct unwatched {
  int eviction;
};
struct watched : unwatched {
  archetype::watcher witness;
};
static_assert(!is_watched<unwatched> && is_watched<watched>);
struct counting_watcher {
  int* things;
  template <class Seen>
  void note(const Seen&) noexcept {
    ++*things;
  }
};
static_assert(witness<counting_watcher>);
}  // namespace

TEST_CASE("what a witness is told is told through one name") {
  int things = 0;
  counting_watcher watcher{&things};
  watcher.note(seen::found{make_expert(0, 1), residency_state::absent, false});
  watcher.note(step_outcome{});
  CHECK(things == 2);
}
