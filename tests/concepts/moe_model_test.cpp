// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <array>

#include <moesaic/concepts/moe_model.hpp>

namespace {
using namespace moesaic;

static_assert(moe_model<archetype::model> && explain_moe_model<archetype::model>());

// Each lacks one thing of a moe model.
struct has_no_shape : archetype::model {
  const model_shape& shape() const noexcept = delete;
};
struct copies_its_shape : archetype::model {
  model_shape shape() const noexcept;
};
struct may_throw_about_its_shape : archetype::model {
  const model_shape& shape() const;
};
struct does_not_begin : archetype::model {
  result<void> begin(const token_window&) = delete;
};
struct begins_without_an_answer : archetype::model {
  void begin(const token_window&);
};
struct does_not_route : archetype::model {
  result<routed_layer> route(layer_index) = delete;
};
struct routes_without_errors : archetype::model {
  routed_layer route(layer_index);
};
struct routes_by_expert : archetype::model {
  result<routed_layer> route(expert_index);
};
struct does_not_run : archetype::model {
  result<void> run(const seat&) = delete;
};
struct runs_without_an_answer : archetype::model {
  void run(const seat&);
};
struct runs_a_seat_it_changes : archetype::model {
  result<void> run(seat&);
};
struct does_not_combine : archetype::model {
  result<void> combine(layer_index) = delete;
};
struct combines_without_an_answer : archetype::model {
  bool combine(layer_index);
};
struct does_not_finish : archetype::model {
  result<logits_view> finish() = delete;
};
struct finishes_with_plain_numbers : archetype::model {
  result<std::span<const float>> finish();
};
struct cannot_roll_back : archetype::model {
  void keep(position) noexcept = delete;
};
struct may_fail_to_roll_back : archetype::model {
  result<void> keep(position) noexcept;
};
struct may_throw_while_rolling_back : archetype::model {
  void keep(position);
};
static_assert(!moe_model<has_no_shape> && !moe_model<copies_its_shape> && !moe_model<may_throw_about_its_shape> && !moe_model<does_not_begin> &&
              !moe_model<begins_without_an_answer> && !moe_model<does_not_route> && !moe_model<routes_without_errors> && !moe_model<routes_by_expert> &&
              !moe_model<does_not_run> && !moe_model<runs_without_an_answer> && !moe_model<runs_a_seat_it_changes> && !moe_model<does_not_combine> &&
              !moe_model<combines_without_an_answer> && !moe_model<does_not_finish> && !moe_model<finishes_with_plain_numbers> &&
              !moe_model<cannot_roll_back> && !moe_model<may_fail_to_roll_back> && !moe_model<may_throw_while_rolling_back>);

TEST_CASE("logits are rows of one vocabulary each") {
  const std::array<float, 6> values{1, 2, 3, 4, 5, 6};
  const logits_view two{values, 3};
  CHECK(two.rows() == 2);
  CHECK(two.row(0).front() == 1.0F);
  CHECK(two.row(1).size() == 3);
  CHECK(two.row(1).back() == 6.0F);
  CHECK(logits_view{}.rows() == 0);
  CHECK(logits_view{{}, 3}.rows() == 0);
}

TEST_CASE("a window is one decoded token unless it says otherwise") {
  const token_window window{};
  CHECK(window.during == phase::decode);
  CHECK(window.rows == rows_wanted::last);
  CHECK(window.first == position{0});
}

}  // namespace
