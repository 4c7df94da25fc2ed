// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <variant>

#include <moesaic/admission/catalogue.hpp>
#include <moesaic/scoring/none.hpp>

#include "support/catalogue_check.hpp"

namespace {
using namespace moesaic;

TEST_CASE("admission catalogue: every entry can be made, strangers cannot") {
  moesaic_test::check_catalogue(admission::entries(), [](std::string_view text) { return admission::make(text); });
  CHECK(admission::entries().size() == std::variant_size_v<admission::any::choices>);
}

TEST_CASE("admission catalogue: names lead to the right policies") {
  const scoring::none scores;
  const forecast nothing;
  const admission_scene<scoring::none> worse{
      {scores, nothing, {}, {}, {}, {}, {}, {}}, make_expert(0, 1), cause::prefetch, phase::decode, make_expert(0, 2), utility{1}, utility{2}};
  admission_scene<scoring::none> wanted = worse;
  wanted.why = cause::demand;
  CHECK(admission::make("forced")->admit(worse) == verdict::keep);
  CHECK(admission::make("forced")->admit(wanted) == verdict::keep);
  CHECK(admission::make("optional")->admit(worse) == verdict::bypass);
  CHECK(admission::make("optional")->admit(wanted) == verdict::bypass);
  CHECK(admission::make("staging_only")->admit(worse) == verdict::keep);
  CHECK(admission::make("staging_only")->admit(wanted) == verdict::bypass);
  CHECK_FALSE(admission::make("forced")->displaces_own_event());
  CHECK(admission::make("optional")->displaces_own_event());
  CHECK_FALSE(admission::make("frequency_contest(8)")->displaces_own_event());
  CHECK(admission::make("by_union")->displaces_own_event());  // as long as nothing was heard: it needs keys
  CHECK(moesaic_test::refusal([](std::string_view t) { return admission::make(t); }, "by_union(0)").find("1 to 10000") != std::string::npos);
  CHECK(moesaic_test::refusal([](std::string_view t) { return admission::make(t); }, "frequency_contest(0)").find("1 to 65536") != std::string::npos);
}

}  // namespace
