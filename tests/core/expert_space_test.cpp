// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <type_traits>
#include <vector>

#include <moesaic/core/expert_space.hpp>

#include "support/splitmix.hpp"

namespace {
using namespace moesaic;

static_assert(sizeof(expert_space) == 8 && std::is_trivially_copyable_v<expert_space>);
static_assert(noexcept(expert_space(1, 1)) && noexcept(expert_space().size()) && noexcept(expert_space().flat(expert_id{})));
static_assert(expert_space().size() == 0);                               // nothing, until told
static_assert(expert_space(1, 1).flat(make_expert(0, 0)) == 0);
static_assert(expert_space(5, 1).size() == 5);                           // one expert a layer needs no bits
static_assert(expert_space(5, 1).flat(make_expert(4, 0)) == 4);
static_assert(expert_space(2, 64).size() == 128 && expert_space(2, 65).size() == 256);
static_assert(expert_space(24, 128).size() == 3072);                     // powers of two waste nothing
static_assert(expert_space(3, 60, 3).size() == 3 * 64 * 4);
static_assert(expert_space(32'768, 65'535).size() == std::uint32_t{1} << 31U);  // the largest that a model shape allows
static_assert(expert_space(32'768, 65'535).id(expert_space(32'768, 65'535).flat(make_expert(32'767, 65'534))) == make_expert(32'767, 65'534));
static_assert(expert_space(61, 256).layer_of(expert_space(61, 256).flat(make_expert(60, 255))) == 60);

TEST_CASE("every id of a space has an index of its own, and comes back from it, in id order") {
  for (const std::uint32_t layers : {1U, 2U, 3U, 24U})
    for (const std::uint32_t experts : {1U, 2U, 3U, 8U, 60U, 64U, 65U, 128U})
      for (const std::uint32_t representations : {1U, 2U, 3U}) {
        const expert_space space(layers, experts, representations);
        std::vector<int> taken(space.size());
        std::int64_t before = -1;
        for (std::uint32_t l = 0; l < layers; ++l)
          for (std::uint32_t e = 0; e < experts; ++e)
            for (std::uint32_t r = 0; r < representations; ++r) {
              const expert_id id{layer_index(static_cast<std::uint16_t>(l)), expert_index(static_cast<std::uint16_t>(e)),
                                 representation_index(static_cast<std::uint16_t>(r))};
              const std::uint32_t flat = space.flat(id);
              REQUIRE(flat < space.size());
              REQUIRE(++taken[flat] == 1);
              REQUIRE(std::int64_t{flat} > before);
              before = flat;
              REQUIRE(space.id(flat) == id);
              REQUIRE(space.layer_of(flat) == l);
              if (r == 0) REQUIRE(space.flat(id.layer, id.expert) == flat);
            }
        CHECK(std::uint64_t{space.size()} < 4ULL * layers * experts * representations);  // each of two axes at most doubles
        if (representations == 1) CHECK(space.size() < 2 * layers * experts);
      }
}

TEST_CASE("spaces that cannot be enumerated round-trip at random ids") {
  moesaic_test::splitmix random{3};
  for (int i = 0; i < 100'000; ++i) {
    const std::uint32_t experts = random.between(1, 65'535);
    const std::uint32_t layers = random.between(1, 32'768);
    const expert_space space(layers, experts);
    const expert_id id = make_expert(random.below(layers), random.below(experts));
    REQUIRE(space.id(space.flat(id)) == id);
    REQUIRE(space.flat(id) < space.size());
  }
}

}  // namespace
