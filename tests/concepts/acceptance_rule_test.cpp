// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <array>
#include <span>

#include <moesaic/concepts/acceptance_rule.hpp>

namespace {
using namespace moesaic;

static_assert(acceptance_rule<archetype::acceptance> && explain_acceptance_rule<archetype::acceptance>());

struct takes_the_first {
  bool accepts(std::span<const float>, const drafted_token& d) noexcept { return d.token == 0; }
  token_id choose(std::span<const float>) noexcept { return 0; }
};
static_assert(acceptance_rule<takes_the_first> && explain_acceptance_rule<takes_the_first>());

// Each lacks one thing of a acceptance rule.
struct does_not_judge : archetype::acceptance {
  bool accepts(std::span<const float>, const drafted_token&) noexcept = delete;
};
struct judges_in_probabilities : archetype::acceptance {
  float accepts(std::span<const float>, const drafted_token&) noexcept;
};
struct judges_without_logits : archetype::acceptance {
  bool accepts(const drafted_token&) noexcept;
};
struct may_throw_while_judging : archetype::acceptance {
  bool accepts(std::span<const float>, const drafted_token&);
};
struct does_not_choose : archetype::acceptance {
  token_id choose(std::span<const float>) noexcept = delete;
};
struct chooses_an_index : archetype::acceptance {
  std::uint32_t choose(std::span<const float>) noexcept;
};
struct may_throw_while_choosing : archetype::acceptance {
  token_id choose(std::span<const float>);
};
struct writes_the_logits : archetype::acceptance {
  token_id choose(std::span<float>) noexcept;
};
static_assert(!acceptance_rule<does_not_judge> && !acceptance_rule<judges_in_probabilities> && !acceptance_rule<judges_without_logits> &&
              !acceptance_rule<may_throw_while_judging> && !acceptance_rule<does_not_choose> && !acceptance_rule<chooses_an_index> &&
              !acceptance_rule<may_throw_while_choosing> && !acceptance_rule<writes_the_logits>);

TEST_CASE("a rule of two lines judges and chooses") {
  const std::array<float, 3> row{1, 2, 3};
  takes_the_first rule;
  CHECK(rule.accepts(row, {.token = 0}));
  CHECK_FALSE(rule.accepts(row, {.token = 1}));
  CHECK(rule.choose(row) == 0);
}

}  // namespace
