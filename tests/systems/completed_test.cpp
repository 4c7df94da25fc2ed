// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <string_view>

#include <moesaic/systems/catalogue.hpp>
#include <moesaic/systems/completed.hpp>

namespace {
using namespace moesaic::systems;

constexpr description with(std::string_view description::* part, std::string_view spec) {
  description d{.name = "x", .help = "y"};
  d.*part = spec;
  return d;
}

}  // namespace

TEST_CASE("a system of which nothing was replaced stays as it is") {
  for (const description& d : entries()) {
    CAPTURE(d.name);
    const description same = completed(d, {});
    CHECK(same.prediction == d.prediction);
    CHECK(same.scoring == d.scoring);
  }
}

TEST_CASE("whoever is named and reads scores gets a scorer, unless somebody named one") {
  struct row {
    description parts;
    replaced_parts replaced;
  };
  for (const row& r :
       {row{with(&description::eviction, "least_useful"), {.eviction = true}}, row{with(&description::eviction, " below_threshold ()"), {.eviction = true}},
        row{with(&description::admission, "reaches_threshold"), {.admission = true}},
        row{with(&description::prefetch, "most_useful(in_flight=2)"), {.prefetch = true}}}) {
    CAPTURE(r.parts.eviction);
    CHECK(completed(r.parts, r.replaced).scoring == "decayed_frequency");
    CHECK(completed(r.parts, {}).scoring == "none");
    replaced_parts scorer_too = r.replaced;
    scorer_too.scoring = true;
    CHECK(completed(r.parts, scorer_too).scoring == "none");
  }
  CHECK(completed(with(&description::eviction, "lfu"), {.eviction = true}).scoring == "none");
  description own = with(&description::eviction, "least_useful");
  own.scoring = "hysteresis";
  CHECK(completed(own, {.eviction = true}).scoring == "hysteresis");
}

TEST_CASE("a scheduler named alone gets a predictor; one that a system brings has what it wants") {
  const description prefetching_now = with(&description::prefetch, " most_useful ");
  CHECK(completed(prefetching_now, {.prefetch = true}).prediction == "transition_counts");
  CHECK(completed(prefetching_now, {.prediction = true, .prefetch = true}).prediction == "none");
  CHECK(completed(prefetching_now, {}).prediction == "none");
  CHECK(completed(with(&description::prefetch, " none"), {.prefetch = true}).prediction == "none");
  static_assert(completed(moe_spac::described, {}).prediction == "none");
  static_assert(completed(moe_spac::described, {.prefetch = true}).prediction == "transition_counts");
}

TEST_CASE("a text that is no spec is left to its catalogue") {
  const description broken = completed(with(&description::eviction, "least_useful("), {.eviction = true});
  CHECK(broken.eviction == "least_useful(");
  CHECK(broken.scoring == "none");
}
