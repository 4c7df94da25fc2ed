// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

#include <moesaic/admission/forced.hpp>
#include <moesaic/concepts/policy_bundle.hpp>
#include <moesaic/eviction/lru.hpp>
#include <moesaic/placement/fetch.hpp>
#include <moesaic/prediction/none.hpp>
#include <moesaic/prefetch/none.hpp>
#include <moesaic/scoring/none.hpp>
#include <moesaic/sim/simulation.hpp>
#include <moesaic/speculation/fixed.hpp>

/// Where speculation may win or lose: how often a draft is right, how much of the model fits, how long computing takes beside
/// reading. One cell of this map is one simulated run.
namespace moesaic_test {

using namespace moesaic;

struct drafter_kind {
  std::string_view name;
  double acceptance = 0;
  std::uint32_t phase = 0;  ///< tokens, then always wrong for as many, and so on
};
inline constexpr std::array drafter_kinds{
    drafter_kind{"always right", 1}, drafter_kind{"0.9", .9},         drafter_kind{"0.7", .7},
    drafter_kind{"0.5", .5},         drafter_kind{"always wrong", 0}, drafter_kind{"phases of 64", 1, 64},
};
inline constexpr std::array capacities{12.5, 25.0, 50.0};     ///< percent of the experts, layer by layer
inline constexpr std::array compute_to_read{0.1, 0.5, 2.0};   ///< of plain decoding, on average
inline constexpr std::array<std::uint32_t, 7> fixed_lengths{1, 2, 3, 4, 5, 6, 8};

template <class Governor>
struct governed {
  group_per_layer groups{};
  scoring::none scoring{};
  eviction::lru eviction{};
  admission::forced admission{};
  prediction::none prediction{};
  prefetch::none prefetch{};
  placement::fetch placement{};
  Governor speculation;
};

/// A text on a machine: two fifths of a plain token's computing are dense, the rest experts; a further token of a pass costs
/// `row_cost` of the first where weights are there already, a drafted token a fifth of a plain one.
class cell_machine {
 public:
  cell_machine(const sim::routing_tape& tape, double capacity, double ratio, std::uint32_t tokens, double row_cost = 0.03, double draft_cost = 0.2,
               std::uint64_t seed = 11)
      : tape_(&tape),
        tokens_(std::min(tokens, tape.tokens())),
        shape_(*model_shape::uniform(tape.shape().layers, tape.shape().experts, tape.shape().top_k, {1'000'000})) {
    const std::uint32_t k = tape.shape().top_k, layers = tape.shape().layers;
    const auto rising = [&](double at_one) {
      return *sim::time_table::of({{1, {static_cast<std::int64_t>(at_one)}}, {101, {static_cast<std::int64_t>(at_one * (1 + 100 * row_cost))}}});
    };
    costs_.name = "cell";
    costs_.layer = rising(expert_time * k * 2 / 3);
    costs_.expert = {rising(expert_time), {1'000'000}};
    const double computed = expert_time * k * layers * 5 / 3;
    costs_.draft = sim::time_table(nanoseconds{static_cast<std::int64_t>(computed * draft_cost)});
    options_.budget = {{(2 + layers * std::max<std::uint64_t>(static_cast<std::uint64_t>(tape.shape().experts * capacity / 100), 1)) * 1'000'000}, 2};
    options_.seed = seed;
    costs_.links = {{{{0}, {1e12}}, {true, {}}}};
    const auto plain = run(speculation::fixed{}, drafter_kinds[0]);
    const double read = plain ? static_cast<double>(plain->one_by_one.count.bytes_demanded.count) / plain->one_by_one.tokens : 1;
    costs_.links.front().cost.rate = {read / (computed / ratio) * 1e9};
  }

  template <class Governor>
  [[nodiscard]] result<sim::simulated_run> run(Governor governor, const drafter_kind& drafts) const {
    sim::simulation_options how = options_;
    how.drafter = {.acceptance = drafts.acceptance, .phase = drafts.phase, .acceptance_after = 0, .claims = 0.8};
    return sim::simulate(shape_, *tape_, costs_, governed<Governor>{.speculation = std::move(governor)}, how,
                         [&](std::uint32_t token) { return token < tokens_; });
  }
  /// Nanoseconds per token; 0 where the run failed.
  template <class Governor>
  [[nodiscard]] double pace(Governor governor, const drafter_kind& drafts) const {
    const auto ran = run(std::move(governor), drafts);
    return ran ? static_cast<double>(ran->one_by_one.took.count) / ran->one_by_one.tokens : 0;
  }
  struct best_length {
    double plain = 0, best = 0;
    std::uint32_t length = 0;
  };
  [[nodiscard]] best_length best_fixed(const drafter_kind& drafts) const {
    best_length found;
    found.plain = found.best = pace(speculation::fixed{}, drafts);
    for (const std::uint32_t length : fixed_lengths) {
      const double took = pace(speculation::fixed{.length = {length}}, drafts);
      if (took < found.best) found = {found.plain, took, length};
    }
    return found;
  }

 private:
  static constexpr double expert_time = 10'000;
  const sim::routing_tape* tape_;
  std::uint32_t tokens_;
  model_shape shape_;
  sim::machine costs_;
  sim::simulation_options options_;
};

}  // namespace moesaic_test
