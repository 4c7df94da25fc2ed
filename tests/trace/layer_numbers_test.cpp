// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <cstdint>
#include <vector>

#include <moesaic/trace/layer_numbers.hpp>

using moesaic::trace::layer_numbers;

namespace {

TEST_CASE("blocks with experts are counted from 0 in ascending order, however they come") {
  layer_numbers layers;
  for (const std::uint32_t block : {7U, 3U, 7U, 1U, 3U}) layers.add(block);
  CHECK(layers.count() == 3);
  CHECK(layers.index(1) == 0);
  CHECK(layers.index(3) == 1);
  CHECK(layers.index(7) == 2);
  CHECK_FALSE(layers.index(0));
  CHECK_FALSE(layers.index(8));
  CHECK(std::vector<std::uint32_t>(layers.blocks().begin(), layers.blocks().end()) == std::vector<std::uint32_t>{1, 3, 7});
}

}  // namespace
