// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <array>
#include <string>
#include <string_view>
#include <variant>

#include <moesaic/placement/catalogue.hpp>
#include <moesaic/scoring/none.hpp>

#include "support/catalogue_check.hpp"

namespace {
using namespace moesaic;

const auto make = [](std::string_view text) { return placement::make(text); };

TEST_CASE("placement catalogue: every entry can be made, strangers cannot") {
  moesaic_test::check_catalogue(placement::entries(), make);
  CHECK(placement::entries().size() == std::variant_size_v<placement::any::choices>);
  CHECK(moesaic_test::refusal(make, "host(least=x)").find("least") != std::string::npos);
}

TEST_CASE("placement catalogue: names and arguments lead to the right policies") {
  const scoring::none scores;
  const forecast nothing;
  const scene<scoring::none> now{scores, nothing, {}, {}, {}, {}, {}, {}};
  const std::array misses{miss{make_expert(0, 1), 3, {100}, false, {}}};
  const auto answer = [&](std::string_view text) {
    std::array remedies{remedy::fetch};
    placement::any policy = *placement::make(text);
    policy.place(now, misses, remedies);
    return remedies[0];
  };
  CHECK(answer("fetch") == remedy::fetch);
  CHECK(answer("host") == remedy::host);
  CHECK(placement::make("fetch")->threshold() == utility::lowest());
  CHECK(placement::make("host")->threshold() == utility::lowest());
  CHECK(placement::make("host(2)")->threshold() == utility{2});
  CHECK(placement::make("host(least=0)")->threshold() == utility{0});
}

TEST_CASE("placement catalogue: balanced_host is told both sides' speeds in megabytes per second") {
  struct five {
    using hears = moesaic::events<>;
    [[nodiscard]] utility score(expert_id) const noexcept { return {5}; }
  } scores;
  const forecast nothing;
  const model_shape shape = *model_shape::uniform(1, 4, 1, {1'000});
  const scene<five> now{scores, nothing, residency_view(shape, {}), {{}, {1e9}, {}, 0, 4, {}}, {}, {}, {}, {}};
  const std::array misses{miss{make_expert(0, 1), 9, {1'000}, false, {}}};
  const auto answer = [&](std::string_view text) {
    placement::any policy = *placement::make(text);
    tell(policy, inventory{shape, {}, 1});
    const std::array wanted{demand{expert_index{1}, 9, {}}};
    tell(policy, layer_event{{}, {}, layer_index{0}, phase::verify, 9, wanted, {}});
    std::array remedies{remedy::fetch};
    policy.place(now, misses, remedies);
    return remedies[0];
  };
  CHECK(answer("balanced_host") == remedy::host);
  CHECK(answer("balanced_host(host=100,device=100000)") == remedy::fetch);
  CHECK(answer("balanced_host(host=100000,device=100000)") == remedy::host);
  CHECK(answer("balanced_host(least=6,levels=6,host=100,device=100000)") == remedy::host);
  CHECK(placement::make("balanced_host(3)")->threshold() == utility{3});
  CHECK(moesaic_test::refusal(make, "balanced_host(levels=0)").find("levels") != std::string::npos);
}

}  // namespace
