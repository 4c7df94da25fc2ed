// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <moesaic/concepts/expert_predictor.hpp>

namespace {
using namespace moesaic;

static_assert(expert_predictor<archetype::predictor> && explain_expert_predictor<archetype::predictor>());

struct expects_the_same_again {
  using hears = events<inventory, layer_event>;
  forecast next;
  void on(const inventory& all) { next = forecast(all.space(), all.shape.layers(), all.shape.widest_layer()); }
  void on(const layer_event& event) noexcept {
    next.forget(event.layer);
    for (const demand& d : event.wanted) next.expect(event.layer, d.expert, {}, {});
  }
  const forecast& expectation() const noexcept { return next; }
};
static_assert(expert_predictor<expects_the_same_again> && explain_expert_predictor<expects_the_same_again>());

// Each lacks one thing of a expert predictor.
struct does_not_say_what_it_hears {
  const forecast& expectation() const noexcept;
};
struct declares_an_event_it_cannot_hear : archetype::predictor {
  using hears = events<evicted>;
};
struct handles_what_it_hears_but_may_throw : archetype::predictor {
  using hears = events<evicted>;
  void on(const evicted&);
};
struct misspells_its_handler : archetype::predictor {
  using hears = events<lease_ended>;
  void no(const lease_ended&) noexcept;
};
struct hears_no_list : archetype::predictor {
  using hears = int;
};
struct expects_nothing : archetype::predictor {
  const forecast& expectation() const noexcept = delete;
};
struct hands_out_a_copy : archetype::predictor {
  forecast expectation() const noexcept;
};
struct hands_out_a_handle_to_change : archetype::predictor {
  forecast& expectation() const noexcept;
};
struct may_throw_while_telling : archetype::predictor {
  const forecast& expectation() const;
};
struct changes_when_asked : archetype::predictor {
  const forecast& expectation() noexcept;
};
static_assert(!expert_predictor<does_not_say_what_it_hears> && !expert_predictor<declares_an_event_it_cannot_hear> &&
              !expert_predictor<handles_what_it_hears_but_may_throw> && !expert_predictor<misspells_its_handler> && !expert_predictor<hears_no_list> &&
              !expert_predictor<expects_nothing> && !expert_predictor<hands_out_a_copy> && !expert_predictor<hands_out_a_handle_to_change> &&
              !expert_predictor<may_throw_while_telling> && !expert_predictor<changes_when_asked>);

TEST_CASE("a predictor of ten lines predicts") {
  const auto shape = model_shape::uniform(2, 4, 2, {1});
  REQUIRE(shape);
  expects_the_same_again predictor;
  tell(predictor, inventory{.shape = *shape, .group_of = {}, .groups = 1});
  const demand wanted[2]{{expert_index{1}, 1, {}}, {expert_index{3}, 1, {}}};
  tell(predictor, layer_event{.layer = layer_index{1}, .wanted = wanted});
  CHECK(predictor.expectation().distinct(layer_index{1}, {1}) == 2);
  CHECK(predictor.expectation().expects(make_expert(1, 3)));
  CHECK_FALSE(predictor.expectation().expects(make_expert(0, 3)));
}

}  // namespace
