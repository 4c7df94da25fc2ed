// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <optional>
#include <span>

#include <moesaic/concepts/drafter.hpp>

namespace {
using namespace moesaic;

static_assert(drafter<archetype::draft> && explain_drafter<archetype::draft>());

// Each lacks one thing of a drafter.
struct does_not_follow : archetype::draft {
  result<void> committed(std::span<const token_id>) = delete;
};
struct follows_one_token_only : archetype::draft {
  result<void> committed(token_id);
};
struct follows_without_an_answer : archetype::draft {
  void committed(std::span<const token_id>);
};
struct proposes_nothing : archetype::draft {
  result<std::optional<drafted_token>> next() = delete;
};
struct must_always_propose : archetype::draft {
  result<drafted_token> next();
};
struct proposes_without_errors : archetype::draft {
  std::optional<drafted_token> next();
};
struct reveals_nothing : archetype::draft {
  std::span<const hint> hints() const noexcept = delete;
};
struct reveals_what_can_be_changed : archetype::draft {
  std::span<hint> hints() const noexcept;
};
struct may_throw_while_revealing : archetype::draft {
  std::span<const hint> hints() const;
};
struct changes_when_asked : archetype::draft {
  std::span<const hint> hints() noexcept;
};
static_assert(!drafter<does_not_follow> && !drafter<follows_one_token_only> && !drafter<follows_without_an_answer> && !drafter<proposes_nothing> &&
              !drafter<must_always_propose> && !drafter<proposes_without_errors> && !drafter<reveals_nothing> && !drafter<reveals_what_can_be_changed> &&
              !drafter<may_throw_while_revealing> && !drafter<changes_when_asked>);

TEST_CASE("a drafter that knows no distribution counts as certain") {
  const drafted_token token{.token = 5};
  CHECK(token.probability == 1.0F);
  CHECK(token.probabilities.empty());
}

}  // namespace
