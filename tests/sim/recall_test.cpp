// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <cstdint>
#include <utility>
#include <vector>

#include <moesaic/prediction/previous_step.hpp>
#include <moesaic/prediction/successors.hpp>
#include <moesaic/sim/recall.hpp>
#include <moesaic/trace/windows.hpp>

namespace {
using namespace moesaic;
using sim::recall;
using sim::recall_answer;
using sim::recall_options;

/// A trace written down: [sequence][token][layer][rank].
using text = std::vector<std::vector<std::vector<std::uint16_t>>>;

trace::event_table table_of(const text& sequences, trace::dimensions shape) {
  trace::window_builder builder(shape, {});
  std::uint64_t token = 0;
  for (std::uint32_t s = 0; s < sequences.size(); ++s)
    for (const auto& row : sequences[s]) builder.add({s, token++, 0, 1, row, {}, 0, {}});
  return builder.finish();
}

/// Names the same experts of each layer, the first the surest, and notes when it was allowed to learn.
struct stubborn {
  using hears = events<inventory, layer_event, prediction::learning>;
  std::vector<std::uint32_t> names;
  std::vector<std::pair<std::uint32_t, bool>>* heard = nullptr;  ///< first expert of an event, whether it taught
  forecast said{};
  bool learns = true;

  void on(const inventory& all) {
    said = forecast(all.space(), all.shape.layers(), all.shape.widest_layer());
    for (std::uint32_t l = 0; l < all.shape.layers(); ++l)
      for (std::size_t i = 0; i < names.size(); ++i)
        said.expect(static_cast<layer_index>(l), static_cast<expert_index>(names[i]), {0}, utility{100 - static_cast<std::int64_t>(i)});
  }
  void on(const prediction::learning& l) noexcept { learns = l.on; }
  void on(const layer_event& event) noexcept {
    if (heard != nullptr) heard->emplace_back(number(event.wanted[0].expert), learns);
  }
  [[nodiscard]] const forecast& expectation() const noexcept { return said; }
};
static_assert(expert_predictor<stubborn>);

TEST_CASE("recall: the share of an event's experts among the first named, mean over events, then over layers") {
  // Two layers, top-2. Of ten tokens of one sequence the last four are measured.
  std::vector<std::vector<std::uint16_t>> tokens(6, {0, 1, 0, 1});
  tokens.push_back({0, 1, 5, 4});
  tokens.push_back({0, 1, 5, 7});
  tokens.push_back({0, 1, 6, 7});
  tokens.push_back({0, 1, 65'535, 65'535});  // layer 1 is not routed: no event
  const trace::event_table table = table_of({tokens}, {2, 8, 2});
  const model_shape shape = *model_shape::uniform(2, 8, 2, {1});
  recall_options how;
  how.at = {1, 2, 4};
  how.first_layer = 1;
  const recall_answer answer = recall(table, how).of(stubborn{{5, 4, 6}}, shape);
  CHECK(answer.events == 3);
  REQUIRE(answer.recall.size() == 1);
  CHECK(answer.recall[0][0] == doctest::Approx((.5 + .5 + 0) / 3));   // 5
  CHECK(answer.recall[0][1] == doctest::Approx((1 + .5 + 0) / 3));    // 5, 4
  CHECK(answer.recall[0][2] == doctest::Approx((1 + .5 + .5) / 3));   // 5, 4, 6
  CHECK(answer.by_layer[0] == std::vector<double>{0, 1.0 / 3});
  CHECK(answer.named[0] == doctest::Approx(3));
}

TEST_CASE("recall: layers before the first are not measured, and several distances are measured at once") {
  std::vector<std::vector<std::uint16_t>> tokens;
  for (std::uint16_t t = 0; t < 10; ++t) tokens.push_back({0, 1, 2, 3, static_cast<std::uint16_t>(t < 8 ? 5 : 6)});
  const trace::event_table table = table_of({tokens}, {5, 8, 1});
  recall_options how;
  how.at = {1};
  how.ahead = {1, 2, 4};
  const recall_answer answer = recall(table, how).of(stubborn{{5, 3}}, *model_shape::uniform(5, 8, 1, {1}));
  for (const auto& of_distance : answer.by_layer) CHECK((of_distance[0] == 0 && of_distance[1] == 0 && of_distance[2] == 0));
  CHECK(answer.by_layer[0][3] == 0);
  CHECK(answer.by_layer[0][4] == doctest::Approx(.5));
  CHECK(answer.by_layer[1][4] == doctest::Approx(.5));
  CHECK(answer.by_layer[2][4] == doctest::Approx(.5));  // told by layer 0 of the same step
  CHECK(answer.recall[0][0] == doctest::Approx(.25));   // layers 3 and 4
  CHECK(answer.recall[2][0] == doctest::Approx(.5));    // layer 3 is not four ahead of anything
  CHECK(answer.events == 4 * 2 + 4 * 2 + 4);
}

TEST_CASE("recall: the first sequences teach, or the first of each ten, and before anything is measured") {
  text sequences(20);
  for (std::uint16_t s = 0; s < 20; ++s) sequences[s].assign(3, {s});
  const trace::event_table table = table_of(sequences, {1, 32, 1});
  const model_shape shape = *model_shape::uniform(1, 32, 1, {1});
  const auto taught = [&](recall_options how) {
    how.at = {1};
    std::vector<std::pair<std::uint32_t, bool>> heard;
    (void)recall(table, how).of(stubborn{{1}, &heard}, shape);
    REQUIRE(heard.size() == 60);
    std::vector<std::uint32_t> sequences_that_taught;
    for (std::size_t s = 0; s < 20; ++s) {
      CHECK(heard[3 * s] == heard[3 * s + 2]);
      if (heard[3 * s].second) sequences_that_taught.push_back(heard[3 * s].first);
      if (s > 0 && !how.learns_on) CHECK(heard[3 * s - 1].second >= heard[3 * s].second);  // what teaches comes first
    }
    return sequences_that_taught;
  };
  CHECK(taught({.teaching = 20}) == std::vector<std::uint32_t>{0, 1, 2, 3});
  CHECK(taught({.teaching = 20, .spread = true}) == std::vector<std::uint32_t>{0, 1, 10, 11});
  CHECK(taught({.teaching = 20, .learns_on = true}).size() == 20);
  CHECK(taught({.teaching = 0}).empty());
}

TEST_CASE("recall: predictors are told not to learn from what they are measured on") {
  // 3 follows on 1 in what is learned, 5 in what is measured.
  std::vector<std::vector<std::uint16_t>> tokens;
  for (std::uint16_t t = 0; t < 60; ++t) tokens.push_back({0, static_cast<std::uint16_t>(t % 2 == 0 ? 1 : 3)});
  for (std::uint16_t t = 0; t < 40; ++t) tokens.push_back({0, static_cast<std::uint16_t>(t % 2 == 0 ? 1 : 5)});
  const trace::event_table table = table_of({tokens}, {2, 8, 1});
  const model_shape shape = *model_shape::uniform(2, 8, 1, {1});
  recall_options how;
  how.at = {1};
  how.first_layer = 1;
  CHECK(recall(table, how).of(prediction::successors{}, shape).recall[0][0] == doctest::Approx(.025));  // but 1 after 3, once
  how.learns_on = true;
  const double learned = recall(table, how).of(prediction::successors{}, shape).recall[0][0];
  CHECK(learned == doctest::Approx(.475));  // 1 after 5, but for the first time; 5 after 1 never: 3 has come oftener
}

}  // namespace
