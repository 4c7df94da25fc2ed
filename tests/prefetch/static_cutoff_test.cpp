// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>

#include <moesaic/prefetch/static_cutoff.hpp>

#include "prefetch/asked.hpp"

namespace {
using namespace moesaic_test;
using below = prefetch::layer_order<prefetch::static_cutoff>;

TEST_CASE("static_cutoff: so many layers, none at 0, all where the model has fewer") {
  for (const std::uint32_t most : {0U, 1U, 3U, 99U}) {
    asked<below> b(below{.cutoff = {.most = most}, .batch = 99});
    for (std::uint32_t l = 0; l < 4; ++l) b.expect(l, l);
    std::uint32_t moved = 0;
    for (; const auto e = b.next(); ++moved) b.settle(*e, prefetch_fate::submitted);
    CHECK(moved == std::min(most, 4U));
  }
  CHECK(prefetch::static_cutoff{}.most == 3);
}

}  // namespace
