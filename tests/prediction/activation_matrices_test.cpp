// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include <moesaic/prediction/activation_matrices.hpp>

#include "prediction/slow_history.hpp"
#include "prediction/step_bench.hpp"

namespace {
using namespace moesaic_test;
using prediction::activation_matrices;

/// A step of its own number, prompt or not.
struct text : step_bench<activation_matrices> {
  explicit text(activation_matrices p) : step_bench(std::move(p), 3, 8, 1) {}
  void token(std::vector<std::uint32_t> experts, phase during = phase::decode) {
    for (std::uint32_t l = 0; l < experts.size(); ++l) {
      const demand one{static_cast<expert_index>(experts[l]), 1, {}};
      tell(predictor, layer_event{{steps}, {steps}, static_cast<layer_index>(l), during, 1, {&one, 1}, {}, {}});
    }
    ++steps;
  }
  std::uint64_t steps = 1;
};

TEST_CASE("activation matrices: the sequence that began alike says what follows") {
  text b({.horizon = 2});
  b.token({1, 2, 3});
  b.token({1, 2, 3});
  b.token({4, 5, 6}, phase::prefill);  // a new sequence: {1, 2, 3} is remembered
  b.token({4, 5, 7});
  b.token({0, 0, 0}, phase::prefill);  // {4, 5, 6|7} is remembered
  b.token({4});
  CHECK(b.expects(1) == expert_set{5});
  CHECK(b.expects(2) == expert_set{6, 7});
  CHECK(b.confidence(1, 5) == 65'536 * 3 / 4);      // the whole row, one layer ahead of 3
  CHECK(b.confidence(2, 6) == 65'536 / 2 * 2 / 4);  // half of it, two layers ahead
  b.token({1, 2});
  b.token({1, 2});
  b.token({1});
  CHECK(b.expects(1) == expert_set{2});
}

TEST_CASE("activation matrices: nothing is expected before a sequence has ended, nor for the next step") {
  text b({.horizon = 9});
  for (int i = 0; i < 20; ++i) b.token({1, 2, 3});
  for (std::uint32_t l = 0; l < 3; ++l) CHECK(b.expects(l).empty());
  b.token({1, 2, 3}, phase::prefill);
  CHECK(b.expects(0).empty());
  CHECK(b.expects(2).empty());
}

TEST_CASE("activation matrices: a long sequence is several") {
  text b({.horizon = 2, .tokens = 4});
  for (int i = 0; i < 4; ++i) b.token({1, 2, 3});
  b.token({1});
  CHECK(b.expects(1) == expert_set{2});
}

TEST_CASE("activation matrices: a full collection gives up the one that is most like the new") {
  text b({.capacity = 2, .horizon = 2, .tokens = 1});
  b.token({1, 2, 3});
  b.token({4, 5, 6});  // {1, 2, 3} is stored
  b.token({1, 2, 7});  // {4, 5, 6} is stored
  b.token({4, 5, 6});  // {1, 2, 7} takes the place of {1, 2, 3}
  b.token({1, 2});
  CHECK(b.expects(2) == expert_set{7});
}

/// Everything computed anew from whole matrices, for every event.
struct slow_matrices : slow_twin {
  using slow_twin::on;
  using matrix = std::vector<std::vector<std::uint64_t>>;
  activation_matrices knobs;
  std::vector<matrix> collection{};
  matrix mine{};
  std::optional<std::uint64_t> step{};
  bool in_prompt = false;
  std::uint64_t length = 0;

  explicit slow_matrices(activation_matrices k) : knobs(std::move(k)) {}
  [[nodiscard]] matrix empty() const { return matrix(layers(), std::vector<std::uint64_t>(past.shape->widest_layer())); }
  [[nodiscard]] static double cosine(const std::vector<std::uint64_t>& a, const std::vector<std::uint64_t>& b) {
    double dot = 0, aa = 0, bb = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
      dot += static_cast<double>(a[i] * b[i]);
      aa += static_cast<double>(a[i] * a[i]);
      bb += static_cast<double>(b[i] * b[i]);
    }
    return aa * bb > 0 ? dot / std::sqrt(aa * bb) : 0;
  }
  [[nodiscard]] std::size_t best() const {
    std::size_t found = 0;
    double most = -1;
    for (std::size_t m = 0; m < collection.size(); ++m) {
      double sum = 0;
      for (std::size_t l = 0; l < mine.size(); ++l) sum += cosine(mine[l], collection[m][l]);
      if (sum > most) {
        most = sum;
        found = m;
      }
    }
    return found;
  }
  void on(const layer_event& event) {
    if (mine.empty()) mine = empty();
    const bool prompt = event.during == phase::prefill;
    if (step && *step != event.step.count && ((prompt && !in_prompt) || length >= knobs.tokens)) {
      if (collection.size() < knobs.capacity)
        collection.push_back(mine);
      else
        collection[best()] = mine;
      mine = empty();
      length = 0;
    }
    if (!step || *step != event.step.count) length += event.tokens;
    step = event.step.count;
    in_prompt = prompt;
    const std::uint32_t at = number(event.layer);
    for (const demand& d : event.wanted) mine[at][number(d.expert)] += d.tokens;
    forecast[at].clear();
    if (collection.empty()) return;
    const matrix& like = collection[best()];
    for (std::uint32_t x = at + 1; x < layers() && x - at <= knobs.horizon; ++x) {
      std::uint64_t total = 0;
      for (const std::uint64_t n : like[x]) total += n;
      ranking by_uses;
      for (std::uint32_t e = 0; e < width(x); ++e)
        if (like[x][e] != 0) by_uses.emplace_back(e, static_cast<std::int64_t>(like[x][e]));
      by_uses = best_of(by_uses, knobs.most != 0 ? knobs.most : 2 * past.shape->top_k(static_cast<layer_index>(x)));
      for (auto& [e, uses] : by_uses)
        uses = static_cast<std::int64_t>(static_cast<std::uint64_t>(uses) * 65'536 / total * (layers() + 1 - (x - at)) / (layers() + 1));
      forecast[x] = by_uses;
    }
  }
};

TEST_CASE("activation matrices: agrees with its slow twin") {
  agrees_with_its_twin(
      [](splitmix& dice) {
        const activation_matrices knobs{.capacity = dice.between(1, 4), .most = dice.below(12), .horizon = dice.between(2, 9), .tokens = dice.between(3, 40)};
        return std::pair(activation_matrices(knobs), slow_matrices(knobs));
      },
      800, 300);
}

}  // namespace
