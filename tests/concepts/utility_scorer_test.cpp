// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <moesaic/concepts/utility_scorer.hpp>

namespace {
using namespace moesaic;

static_assert(utility_scorer<archetype::scorer> && explain_utility_scorer<archetype::scorer>());

struct counts_uses {
  using hears = events<inventory, layer_event>;
  std::int64_t uses = 0;
  void on(const inventory&) {}
  void on(const layer_event& event) noexcept { uses += static_cast<std::int64_t>(event.wanted.size()); }
  utility score(expert_id) const noexcept { return {uses}; }
};
static_assert(utility_scorer<counts_uses> && explain_utility_scorer<counts_uses>());

// Each lacks one thing of a utility scorer.
struct does_not_say_what_it_hears {
  utility score(expert_id) const noexcept;
};
struct declares_an_event_it_cannot_hear : archetype::scorer {
  using hears = events<evicted>;
};
struct handles_what_it_hears_but_may_throw : archetype::scorer {
  using hears = events<evicted>;
  void on(const evicted&);
};
struct misspells_its_handler : archetype::scorer {
  using hears = events<lease_ended>;
  void no(const lease_ended&) noexcept;
};
struct hears_no_list : archetype::scorer {
  using hears = int;
};
struct has_no_score : archetype::scorer {
  utility score(expert_id) const noexcept = delete;
};
struct scores_in_floating_point : archetype::scorer {
  double score(expert_id) const noexcept;
};
struct scores_in_plain_numbers : archetype::scorer {
  std::int64_t score(expert_id) const noexcept;
};
struct may_throw_while_scoring : archetype::scorer {
  utility score(expert_id) const;
};
struct changes_when_asked : archetype::scorer {
  utility score(expert_id) noexcept;
};
struct scores_indices_only : archetype::scorer {
  utility score(std::uint32_t) const noexcept;
};
struct keeps_its_score_to_itself : archetype::scorer {
 private:
  utility score(expert_id) const noexcept;
};
static_assert(!utility_scorer<does_not_say_what_it_hears> && !utility_scorer<declares_an_event_it_cannot_hear> &&
              !utility_scorer<handles_what_it_hears_but_may_throw> && !utility_scorer<misspells_its_handler> && !utility_scorer<hears_no_list> &&
              !utility_scorer<has_no_score> && !utility_scorer<scores_in_floating_point> && !utility_scorer<scores_in_plain_numbers> &&
              !utility_scorer<may_throw_while_scoring> && !utility_scorer<changes_when_asked> && !utility_scorer<scores_indices_only> &&
              !utility_scorer<keeps_its_score_to_itself>);

TEST_CASE("a scorer of three lines can be told and asked") {
  counts_uses scorer;
  const demand wanted[2]{{expert_index{0}, 1, {}}, {expert_index{1}, 1, {}}};
  tell(scorer, layer_event{.wanted = wanted});
  CHECK(scorer.score({}) == utility{2});
}

}  // namespace
