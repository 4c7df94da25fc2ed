// SPDX-License-Identifier: MIT
// A suite that everybody passes tests nothing: each of these is broken in one way, and the suite has to say in which.
#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include <moesaic/eviction/least_useful.hpp>
#include <moesaic/eviction/lru.hpp>
#include <moesaic/prediction/previous_step.hpp>
#include <moesaic/prefetch/most_useful.hpp>
#include <moesaic/prefetch/none.hpp>
#include <moesaic/speculation/fixed.hpp>
#include <moesaic/speculation/greedy.hpp>

#include "conformance/admission_policy_suite.hpp"
#include "conformance/eviction_policy_suite.hpp"
#include "conformance/expert_predictor_suite.hpp"
#include "conformance/placement_policy_suite.hpp"
#include "conformance/prefetch_scheduler_suite.hpp"
#include "conformance/speculation_suites.hpp"
#include "conformance/utility_scorer_suite.hpp"

namespace {
using namespace moesaic;
using namespace moesaic::conformance;

#define FOUND_OUT(said, sentence)   \
  do {                              \
    const findings what = said;     \
    CAPTURE(what);                  \
    CHECK(what.mentions(sentence)); \
  } while (false)

template <class Policy>
findings of_eviction() {
  return eviction_policy_suite([] { return Policy{}; }, promise::never_refuses);
}

struct takes_the_first_resident {
  using hears = events<>;
  template <utility_scorer S>
  std::optional<expert_id> victim(const eviction_scene<S>& scene) const noexcept {
    if (scene.candidates.members().empty()) return std::nullopt;
    return scene.candidates.space().id(scene.candidates.members().front());
  }
};
struct takes_the_first_candidate {
  using hears = events<>;
  template <utility_scorer S>
  std::optional<expert_id> victim(const eviction_scene<S>& scene) const noexcept {
    for (const expert_id e : scene.candidates) return e;
    return std::nullopt;
  }
};
struct moves_its_hand_when_asked : eviction::least_useful {
  std::uint32_t asked = 0;
  template <utility_scorer S>
  std::optional<expert_id> victim(const eviction_scene<S>& scene) noexcept {
    const auto first = eviction::least_useful::victim(scene);
    std::optional<expert_id> other;
    for (const expert_id e : scene.candidates)
      if (e != first && (!other || e < *other)) other = e;
    return ++asked % 2 == 0 && other ? other : first;
  }
};
struct changes_its_mind_after_many_questions : eviction::least_useful {
  std::uint32_t asked = 0;
  template <utility_scorer S>
  std::optional<expert_id> victim(const eviction_scene<S>& scene) noexcept {
    if (++asked < 300) return eviction::least_useful::victim(scene);
    std::optional<expert_id> highest;
    for (const expert_id e : scene.candidates)
      if (!highest || e > *highest) highest = e;
    return highest;
  }
};
struct insists_on_its_last_answer : eviction::least_useful {
  std::optional<expert_id> last;
  template <utility_scorer S>
  std::optional<expert_id> victim(const eviction_scene<S>& scene) noexcept {
    if (const auto now = eviction::least_useful::victim(scene)) last = now;
    return last;
  }
};
struct refuses_on_tuesdays : eviction::least_useful {
  template <utility_scorer S>
  std::optional<expert_id> victim(const eviction_scene<S>& scene) const noexcept {
    const auto named = eviction::least_useful::victim(scene);
    return named && number(named->expert) % 7 == 2 ? std::nullopt : named;
  }
};
struct ties_go_to_the_higher_id : eviction::lru {
  template <utility_scorer S>
  std::optional<expert_id> victim(const eviction_scene<S>& scene) const noexcept {
    std::optional<expert_id> least;
    for (const expert_id e : scene.candidates)
      if (!least || key(e) < key(*least) || (key(e) == key(*least) && e > *least)) least = e;
    return least;
  }
};
struct takes_the_most_recent : eviction::lru {
  template <utility_scorer S>
  std::optional<expert_id> victim(const eviction_scene<S>& scene) const noexcept {
    std::optional<expert_id> most;
    for (const expert_id e : scene.candidates)
      if (!most || key(e) > key(*most) || (key(e) == key(*most) && e < *most)) most = e;
    return most;
  }
};
struct forgets_whom_it_is_told_by_index : eviction::lru {
  using takes_flats = forgets_whom_it_is_told_by_index;
  using eviction::lru::on;
  void on(const layer_event& event, std::span<const std::uint32_t> flats) noexcept { eviction::lru::on(event, flats.subspan(1)); }
};
struct has_an_index_of_another : eviction::least_useful {
  template <utility_scorer S>
  std::uint32_t victim_index(const eviction_scene<S>& scene) const noexcept {
    std::uint32_t highest = no_victim;
    for (const expert_id e : scene.candidates)
      if (const std::uint32_t flat = scene.candidates.space().flat(e); highest == no_victim || flat > highest) highest = flat;
    return highest;
  }
};
struct has_an_index_without_candidates : eviction::least_useful {
  template <utility_scorer S>
  std::uint32_t victim_index(const eviction_scene<S>& scene) const noexcept {
    const auto named = eviction::least_useful::victim(scene);
    return named ? scene.candidates.space().flat(*named) : 0;
  }
};
struct has_an_index_that_moves_its_hand : eviction::least_useful {
  bool turned = false;
  template <utility_scorer S>
  std::optional<expert_id> victim(const eviction_scene<S>& scene) const noexcept {
    std::optional<expert_id> end;
    for (const expert_id e : scene.candidates)
      if (!end || (turned ? e > *end : e < *end)) end = e;
    return end;
  }
  template <utility_scorer S>
  std::uint32_t victim_index(const eviction_scene<S>& scene) noexcept {
    const auto named = victim(scene);
    turned = turned || named;
    return named ? scene.candidates.space().flat(*named) : no_victim;
  }
};
struct allocates_when_it_hears : eviction::least_useful {
  using hears = events<layer_event>;
  std::vector<std::uint32_t> seen;
  void on(const layer_event& event) noexcept { seen.assign(event.wanted.size() + seen.size(), 0); }
};
struct points_into_itself : eviction::least_useful {
  using hears = events<layer_event>;
  std::uint32_t heard = 0;
  std::uint32_t* mine = &heard;
  void on(const layer_event&) noexcept { ++*mine; }
  points_into_itself() = default;
  points_into_itself(points_into_itself&& other) noexcept : heard(other.heard) { other.heard = 0; }  // mine is its own: right
  points_into_itself& operator=(points_into_itself&& other) noexcept {
    other.heard = 0;  // forgets to take the number along
    return *this;
  }
  template <utility_scorer S>
  std::optional<expert_id> victim(const eviction_scene<S>& scene) const noexcept {
    std::optional<expert_id> named;
    for (const expert_id e : scene.candidates) {
      const auto rank = [&](expert_id x) { return (number(x.expert) + heard) % 64; };
      if (!named || rank(e) < rank(*named) || (rank(e) == rank(*named) && e < *named)) named = e;
    }
    return named;
  }
};

TEST_CASE("the eviction suite finds out") {
  FOUND_OUT(of_eviction<takes_the_first_resident>(), "no candidate");
  FOUND_OUT(of_eviction<takes_the_first_candidate>(), "order of the candidates");
  FOUND_OUT(of_eviction<moves_its_hand_when_asked>(), "asking twice");
  FOUND_OUT(of_eviction<changes_its_mind_after_many_questions>(), "having been asked before");
  FOUND_OUT(of_eviction<insists_on_its_last_answer>(), "where there is nobody");
  FOUND_OUT(of_eviction<refuses_on_tuesdays>(), "refuses");
  FOUND_OUT(of_eviction<ties_go_to_the_higher_id>(), "(key, id) is not the smallest");
  FOUND_OUT(of_eviction<takes_the_most_recent>(), "(key, id) is not the smallest");
  FOUND_OUT(of_eviction<forgets_whom_it_is_told_by_index>(), "being told flat indices changes the answer");
  FOUND_OUT(of_eviction<has_an_index_of_another>(), "victim_index names another expert");
  FOUND_OUT(of_eviction<has_an_index_without_candidates>(), "victim_index names somebody where there is nobody");
  FOUND_OUT(of_eviction<has_an_index_that_moves_its_hand>(), "asking for victim_index changes the answer");
  FOUND_OUT(of_eviction<allocates_when_it_hears>(), "allocates");
  FOUND_OUT(of_eviction<points_into_itself>(), "being moved");
}
TEST_CASE("the eviction suite lets those refuse who said so") {
  CHECK(eviction_policy_suite([] { return refuses_on_tuesdays{}; }, promise::may_refuse).empty());
}

struct counts_its_questions {
  using hears = events<>;
  mutable std::int64_t asked = 0;
  utility score(expert_id) const noexcept { return {asked++ / 2}; }
};
struct remembers_in_a_list {
  using hears = events<layer_event>;
  std::vector<std::uint64_t> log;
  void on(const layer_event& event) noexcept { log.push_back(event.step.count); }
  utility score(expert_id) const noexcept { return {static_cast<std::int64_t>(log.size())}; }
};
struct never_the_same {
  using hears = events<>;
  mutable std::int64_t asked = 0;
  utility score(expert_id) const noexcept { return {asked++}; }
};
struct loses_its_past {
  using hears = events<layer_event>;
  std::int64_t heard = 0;
  void on(const layer_event&) noexcept { ++heard; }
  utility score(expert_id) const noexcept { return {heard}; }
  loses_its_past() = default;
  loses_its_past(loses_its_past&&) noexcept {}
  loses_its_past& operator=(loses_its_past&&) noexcept {
    heard = 0;
    return *this;
  }
};

TEST_CASE("the scorer suite finds out") {
  FOUND_OUT(utility_scorer_suite([] { return never_the_same{}; }), "asking twice");
  FOUND_OUT(utility_scorer_suite([] { return counts_its_questions{}; }), "having been asked before");
  FOUND_OUT(utility_scorer_suite([] { return remembers_in_a_list{}; }), "allocates");
  FOUND_OUT(utility_scorer_suite([] { return loses_its_past{}; }), "being moved");
}

struct never_forgets {
  using hears = events<inventory, layer_event>;
  forecast f;
  void on(const inventory& all) { f = forecast(all.space(), all.shape.layers(), all.shape.widest_layer()); }
  void on(const layer_event& event) noexcept {
    for (const demand& d : event.wanted) f.expect(event.layer, d.expert, {0}, {1});
  }
  const forecast& expectation() const noexcept { return f; }
};
struct thinks_layers_equally_wide : never_forgets {
  void on(const inventory& all) { f = forecast(expert_space(all.shape.layers(), 24), all.shape.layers(), 24); }
  void on(const layer_event& event) noexcept {
    f.forget(event.layer);
    f.expect(event.layer, expert_index{23}, {0}, {1});
  }
};
struct ignores_the_cut : never_forgets {
  using hears = events<inventory, hint, draft_cut, layer_event>;
  void on(const inventory& all) { never_forgets::on(all); }
  void on(const hint& early) noexcept {
    for (const expert_index e : early.experts) f.expect(early.layer, e, early.at, {1});
  }
  void on(const draft_cut&) noexcept {}
  void on(const layer_event& event) noexcept { f.forget(event.layer); }
};
struct copies_its_forecast_for_every_event : prediction::previous_step {
  forecast copy;
  void on(const inventory& all) { prediction::previous_step::on(all); }
  void on(const layer_event& event) noexcept {
    prediction::previous_step::on(event);
    copy = forecast(expert_space(1, 1), 1, 1);
  }
};

TEST_CASE("the predictor suite finds out") {
  FOUND_OUT(expert_predictor_suite([] { return never_forgets{}; }), "never replaces");
  FOUND_OUT(expert_predictor_suite([] { return thinks_layers_equally_wide{}; }), "layer does not have");
  FOUND_OUT(expert_predictor_suite([] { return ignores_the_cut{}; }), "rows that were cut");
  FOUND_OUT(expert_predictor_suite([] { return copies_its_forecast_for_every_event{}; }), "allocates");
}

struct keeps_every_other {
  using hears = events<>;
  std::uint32_t asked = 0;
  static constexpr bool displaces_own_event() noexcept { return false; }
  template <utility_scorer S>
  verdict admit(const admission_scene<S>&) noexcept {
    return ++asked % 2 == 0 ? verdict::keep : verdict::bypass;
  }
};
struct says_it_admits_everyone {
  using hears = events<>;
  static constexpr bool displaces_own_event() noexcept { return true; }
  template <utility_scorer S>
  verdict admit(const admission_scene<S>&) noexcept {
    return verdict::bypass;
  }
};
template <class Event>
struct changes_sides_with {
  using hears = events<Event>;
  std::uint32_t heard = 0;
  void on(const Event&) noexcept { ++heard; }
  bool displaces_own_event() const noexcept { return heard > 3; }
  template <utility_scorer S>
  verdict admit(const admission_scene<S>&) noexcept {
    return verdict::keep;
  }
};

}  // namespace
template <>
inline constexpr bool moesaic::admits_everyone<says_it_admits_everyone> = true;
namespace {

TEST_CASE("the admission suite finds out") {
  FOUND_OUT(admission_policy_suite([] { return keeps_every_other{}; }), "asking twice");
  FOUND_OUT(admission_policy_suite([] { return says_it_admits_everyone{}; }), "and does not");
  FOUND_OUT(admission_policy_suite([] { return says_it_admits_everyone{}; }), "and displaces its own event");
  FOUND_OUT(admission_policy_suite([] { return changes_sides_with<admitted>{}; }), "changes its mind");
  FOUND_OUT(admission_policy_suite([] { return changes_sides_with<layer_event>{}; }), "did not say so before the first");
}

struct asks_again_and_again : prefetch::most_useful {
  void settle(const prefetch_request&, prefetch_fate) noexcept {}
};
struct asks_blindly : prefetch::none {
  template <utility_scorer S>
  std::optional<prefetch_request> next(const scene<S>&) noexcept {
    return prefetch_request{make_expert(0, 0), {}};
  }
};
struct peeks_and_takes : prefetch::most_useful {
  template <utility_scorer S>
  std::optional<prefetch_request> next(const scene<S>& now) noexcept {
    const auto found = prefetch::most_useful::next(now);
    if (found) settle(*found, prefetch_fate::no_room);
    return found;
  }
};
struct has_no_standards : prefetch::most_useful {
  template <utility_scorer S>
  std::optional<prefetch_request> next(const scene<S>& now) const noexcept {
    auto lower = now;
    lower.threshold = utility::lowest();
    return prefetch::most_useful::next(lower);
  }
};

TEST_CASE("the prefetch suite finds out") {
  FOUND_OUT(prefetch_scheduler_suite([] { return asks_again_and_again{}; }), "goes on asking");
  FOUND_OUT(prefetch_scheduler_suite([] { return asks_blindly{}; }), "there or on its way");
  FOUND_OUT(prefetch_scheduler_suite([] { return peeks_and_takes{}; }), "asking twice");
  FOUND_OUT(prefetch_scheduler_suite([] { return has_no_standards{}; }), "below the threshold");
}

struct writes_one_too_many {
  using hears = events<>;
  template <utility_scorer S>
  void place(const scene<S>&, std::span<const miss> misses, std::span<remedy> remedies) noexcept {
    for (std::size_t i = 0; i <= misses.size(); ++i) remedies.data()[i] = remedy::host;
  }
  utility threshold() const noexcept { return utility::lowest(); }
};
struct balances_by_turns {
  using hears = events<>;
  std::uint32_t turn = 0;
  template <utility_scorer S>
  void place(const scene<S>&, std::span<const miss>, std::span<remedy> remedies) noexcept {
    for (remedy& r : remedies) r = ++turn % 2 == 0 ? remedy::host : remedy::fetch;
  }
  utility threshold() const noexcept { return utility::lowest(); }
};

TEST_CASE("the placement suite finds out") {
  FOUND_OUT(placement_policy_suite([] { return writes_one_too_many{}; }), "writes beyond");
  FOUND_OUT(placement_policy_suite([] { return balances_by_turns{}; }), "asking twice");
}

struct drafts_by_mood {
  using hears = events<>;
  std::uint32_t mood = 0;
  template <utility_scorer S>
  draft_length longest(const speculation_scene<S>&) noexcept {
    return {++mood % 5};
  }
  template <utility_scorer S>
  bool keep_drafting(const speculation_scene<S>&) noexcept {
    return ++mood % 3 != 0;
  }
  template <utility_scorer S>
  draft_length verify(const speculation_scene<S>&) noexcept {
    return {++mood % 2};
  }
  void observe(const step_outcome&) noexcept {}
};
struct keeps_a_diary : speculation::fixed {
  std::unique_ptr<std::vector<step_outcome>> diary = std::make_unique<std::vector<step_outcome>>();
  void observe(const step_outcome& outcome) noexcept { diary->push_back(outcome); }
};

TEST_CASE("the governor suite finds out") {
  const findings moody = speculation_governor_suite([] { return drafts_by_mood{}; });
  FOUND_OUT(moody, "two lengths");
  FOUND_OUT(moody, "goes on and stops");
  FOUND_OUT(moody, "verifies two lengths");
  FOUND_OUT(speculation_governor_suite([] { return keeps_a_diary{}; }), "allocates");
}

struct drafts_strangers {
  result<void> committed(std::span<const token_id>) { return {}; }
  result<std::optional<drafted_token>> next() { return std::optional(drafted_token{.token = 32, .probability = 1.5F}); }
  std::span<const hint> hints() const noexcept { return {}; }
};

TEST_CASE("the drafter suite finds out") {
  const findings said = drafter_suite([] { return drafts_strangers{}; }, 32);
  FOUND_OUT(said, "does not exist");
  FOUND_OUT(said, "outside 0 to 1");
}

struct takes_everything : speculation::greedy {
  bool accepts(std::span<const float>, const drafted_token&) const noexcept { return true; }
};
struct takes_nothing : speculation::greedy {
  bool accepts(std::span<const float>, const drafted_token&) const noexcept { return false; }
};
struct chooses_the_first : speculation::greedy {
  token_id choose(std::span<const float>) const noexcept { return 0; }
};
struct chooses_in_turn : speculation::greedy {
  std::uint32_t turn = 0;
  token_id choose(std::span<const float> row) noexcept { return static_cast<token_id>(turn++ % row.size()); }
};

TEST_CASE("the acceptance suite finds out") {
  FOUND_OUT(acceptance_rule_suite([] { return takes_everything{}; }), "accepts what the model never says");
  FOUND_OUT(acceptance_rule_suite([] { return takes_nothing{}; }), "rejects the only token");
  FOUND_OUT(acceptance_rule_suite([] { return chooses_the_first{}; }), "chooses what the model never says");
  FOUND_OUT(acceptance_rule_suite([made = 0U]() mutable { return chooses_in_turn{{}, made++}; }), "choose differently");
}

}  // namespace
