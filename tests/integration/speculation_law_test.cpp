// SPDX-License-Identifier: MIT
// Sampling with a draft follows the law of sampling without: at every position, whatever the drafter, and whatever a governor does
// after having seen what was drafted.
#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <moesaic/admission/forced.hpp>
#include <moesaic/eviction/lru.hpp>
#include <moesaic/placement/fetch.hpp>
#include <moesaic/prediction/none.hpp>
#include <moesaic/prefetch/none.hpp>
#include <moesaic/runtime/offload_runtime.hpp>
#include <moesaic/scoring/none.hpp>
#include <moesaic/speculation/sampled.hpp>
#include <moesaic/transport/simulated.hpp>

#include "runtime/bare_toy.hpp"
#include "support/splitmix.hpp"

namespace {
using namespace moesaic;
using moesaic_test::splitmix;

constexpr std::size_t tokens_of_a_run = 120'000;
model_shape shape() { return *model_shape::uniform(2, 8, 2, {64}); }
const std::vector<token_id> prompt{3, 14, 15};

/// What sampling without a draft draws from: the definition, with the tokens by falling probability.
struct law {
  std::vector<std::pair<double, token_id>> chances;

  law(std::span<const float> logits, double temperature, double top_p) {
    double sum = 0;
    for (std::size_t i = 0; i < logits.size(); ++i) {
      chances.emplace_back(std::exp((static_cast<double>(logits[i]) - 10'007) / temperature), static_cast<token_id>(i));
      sum += chances.back().first;
    }
    std::sort(chances.begin(), chances.end(), [](auto a, auto b) { return a.first != b.first ? a.first > b.first : a.second < b.second; });
    double kept = 0;
    std::size_t n = 0;
    while (n < chances.size() && (n == 0 || kept < top_p * sum)) kept += chances[n++].first;
    chances.resize(n);
    for (auto& c : chances) c.first /= kept;
  }
  /// A number that is uniform in [0, 1) if the token was drawn by this law; nothing if it cannot be.
  [[nodiscard]] std::optional<double> place_of(token_id token, splitmix& dice) const {
    double below = 0;
    for (const auto& [p, t] : chances) {
      if (t == token) return std::min(below + p * (static_cast<double>(dice() >> 11U) * 0x1p-53), 1 - 1e-9);
      below += p;
    }
    return std::nullopt;
  }
};

enum class drafts { nothing, the_likeliest, draws };

/// Has the target's own logits, blurred; draws from them, or takes the likeliest.
struct blurred_draft {
  drafts how = drafts::nothing;
  double temperature = 0, top_p = 1;
  splitmix dice{};
  toy::bare model{shape()};
  std::vector<token_id> text{};
  std::size_t sure = 0;
  std::vector<std::vector<float>> rows{};

  result<void> committed(std::span<const token_id> tokens) {
    std::size_t known = sure;
    for (std::size_t i = 0; i < tokens.size() && known < text.size() && text[known] == tokens[i]; ++i) ++known;
    text.resize(sure);
    text.insert(text.end(), tokens.begin(), tokens.end());
    sure = text.size();
    model.back_to(static_cast<std::uint32_t>(std::min<std::size_t>({model.place(), known, sure - 1})));
    rows.clear();
    rows.reserve(8);  // what was told has to stay where it is
    return {};
  }
  result<std::optional<drafted_token>> next() {
    if (how == drafts::nothing) return std::optional<drafted_token>();
    std::span<const float> logits;
    while (model.place() < text.size()) logits = model.behind(text[model.place()]);
    std::vector<float> blurred(logits.begin(), logits.end());
    for (std::size_t i = 0; i < blurred.size(); ++i)  // the blur belongs to the prefix: equal prefixes, equal distributions
      blurred[i] = blurred[i] * 0.7F + 0.3F * static_cast<float>(toy::mix(static_cast<std::uint64_t>(text.back()) * 131 + text.size() * 7'919 + i) % 10'007);
    const law from(blurred, temperature, top_p);
    std::vector<float> row(blurred.size());
    for (const auto& [p, t] : from.chances) row[static_cast<std::size_t>(t)] = static_cast<float>(p);
    token_id token = from.chances.front().second;
    if (how != drafts::the_likeliest) {
      double left = static_cast<double>(dice() >> 11U) * 0x1p-53;
      for (const auto& [p, t] : from.chances) {
        token = t;
        if ((left -= p) < 0) break;
      }
    }
    text.push_back(token);
    rows.push_back(std::move(row));
    const float probability = rows.back()[static_cast<std::size_t>(token)];
    if (how == drafts::the_likeliest) return std::optional(drafted_token{token, probability, {}});
    return std::optional(drafted_token{token, probability, rows.back()});
  }
  [[nodiscard]] std::span<const hint> hints() const noexcept { return {}; }
};

/// Verifies only as far as the last likely token: it looks at what was drafted before it says how much counts.
struct picky_governor {
  using hears = events<>;
  std::array<bool, 4> likely{};
  template <utility_scorer S>
  [[nodiscard]] draft_length longest(const speculation_scene<S>& s) const noexcept {
    return std::min(s.possible, draft_length{4});
  }
  template <utility_scorer S>
  [[nodiscard]] bool keep_drafting(const speculation_scene<S>& s) noexcept {
    likely[s.drafted.count - 1] = s.last_probability > 0.08F;
    return s.drafted.count < 4;
  }
  template <utility_scorer S>
  [[nodiscard]] draft_length verify(const speculation_scene<S>& s) const noexcept {
    std::uint32_t n = s.drafted.count;
    while (n > 0 && !likely[n - 1]) --n;
    return {n};
  }
  void observe(const step_outcome&) const noexcept {}
};

struct bundle {
  group_per_layer groups{};
  scoring::none scoring{};
  eviction::lru eviction{};
  admission::forced admission{};
  prediction::none prediction{};
  prefetch::none prefetch{};
  placement::fetch placement{};
  picky_governor speculation{};
};

/// Chi-square of equal cells; 0 of nothing.
template <std::size_t N>
double chi_square(const std::array<std::uint64_t, N>& counts) {
  double total = 0, sum = 0;
  for (const std::uint64_t n : counts) total += static_cast<double>(n);
  if (total == 0) return 0;
  const double expected = total / static_cast<double>(N);
  for (const std::uint64_t n : counts) sum += (static_cast<double>(n) - expected) * (static_cast<double>(n) - expected) / expected;
  return sum;
}

struct findings {
  double all = 0;                     ///< of 50 cells: 49 degrees of freedom
  double pairs = 0;                   ///< of neighbours, 10 by 10: 99
  std::array<double, 5> at_place{};   ///< by place in the window, 50 cells each
  std::uint64_t impossible = 0;
  std::uint64_t accepted = 0, windows = 0;
};

/// Forgets to take what was rejected out of what it draws from next.
struct forgetful {
  speculation::sampled inner{};
  bool accepts(std::span<const float> logits, const drafted_token& drafted) noexcept { return inner.accepts(logits, drafted); }
  token_id choose(std::span<const float> logits) noexcept {
    inner.state_.rejected = false;
    return inner.choose(logits);
  }
};

template <class Rule = speculation::sampled>
findings sample(drafts how, double temperature, double top_p, std::uint64_t seed) {
  std::vector<std::byte> memory(6 * 64);
  auto run = offload_runtime<toy::model, transports::simulated<toy::content>, bundle, blurred_draft, Rule>::create(
      toy::model(shape()), transports::simulated<toy::content>({.capacity = 4}), {}, {.residency = {.budget = {{memory.size()}, 2}, .memory = memory}},
      blurred_draft{.how = how, .temperature = temperature, .top_p = top_p, .dice = {seed + 2}},
      Rule{speculation::sampled{.temperature = static_cast<float>(temperature), .top_p = static_cast<float>(top_p), .seed = seed}});
  REQUIRE(run);
  toy::bare truth(shape());
  splitmix dice{seed + 1};
  std::array<std::uint64_t, 50> all{};
  std::array<std::uint64_t, 100> pairs{};
  std::array<std::array<std::uint64_t, 50>, 5> at_place{};
  findings found;
  for (std::size_t i = 0; i + 1 < prompt.size(); ++i) (void)truth.behind(prompt[i]);
  token_id last = prompt.back();
  std::size_t before = 0;
  const auto take = [&](token_id token, std::size_t place) {
    const auto u = law(truth.behind(last), temperature, top_p).place_of(token, dice);
    last = token;
    if (!u) {
      ++found.impossible;
      return;
    }
    ++all[static_cast<std::size_t>(*u * 50)];
    ++at_place[place][static_cast<std::size_t>(*u * 50)];
    const auto tenth = static_cast<std::size_t>(*u * 10);
    ++pairs[before * 10 + tenth];
    before = tenth;
  };
  take(*run->prefill(prompt), 0);
  for (std::size_t n = 1; n < tokens_of_a_run;) {
    const auto step = run->step();
    REQUIRE(step);
    for (std::size_t i = 0; i < step->tokens.size(); ++i, ++n) take(step->tokens[i], i);
    ++found.windows;
    found.accepted += step->outcome.accepted.count;
  }
  found.all = chi_square(all);
  found.pairs = chi_square(pairs);
  for (std::size_t i = 0; i < 5; ++i) found.at_place[i] = chi_square(at_place[i]);
  return found;
}

// One of 10,000 runs is above.
constexpr double limit_49 = 94.0, limit_99 = 160.0;

}  // namespace

TEST_CASE("sampling with a draft: the law of sampling without, with temperature and top_p") {
  struct setting {
    double heat, share;
  };
  for (const setting& of : {setting{1'500, 1}, setting{2'500, 0.8}, setting{800, 0.95}})
    for (const drafts how : {drafts::nothing, drafts::the_likeliest, drafts::draws}) {
      if (how == drafts::nothing && of.share == 1) continue;  // tests/speculation has it
      const double heat = of.heat, share = of.share;
      CAPTURE(heat);
      CAPTURE(share);
      const int kind = static_cast<int>(how);
      CAPTURE(kind);
      const findings found = sample(how, heat, share, 11);
      CHECK(found.impossible == 0);
      CHECK(found.all < limit_49);
      CHECK(found.pairs < limit_99);
      for (std::size_t place = 0; place < 5; ++place) {
        CAPTURE(place);
        CHECK(found.at_place[place] < limit_49);
      }
      CHECK((found.accepted > found.windows / 20) == (how != drafts::nothing));
    }
}

TEST_CASE("a rule that bends the law is noticed") {
  const findings bent = sample<forgetful>(drafts::draws, 1'500, 1, 11);
  CHECK(bent.all > 2 * limit_49);
}
