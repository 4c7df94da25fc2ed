// SPDX-License-Identifier: MIT
// Many rows at once give the bits of ggml's dot product of two.
#include <doctest/doctest.h>

#include <array>
#include <cstdint>
#include <vector>

#include <ggml-cpu.h>

#include "engine/dot_tile.hpp"
#include "engine/row_math.hpp"
#include "support/splitmix.hpp"

using namespace moesaic::decoder;

namespace {

struct rows_of {
  rows_of(ggml_type type, std::int64_t columns, std::int64_t count, std::uint64_t seed) : stride(ggml_row_size(type, columns)) {
    moesaic_test::splitmix dice{seed};
    std::vector<float> numbers(static_cast<std::size_t>(columns));
    bytes.resize(stride * static_cast<std::size_t>(count) + 64);
    const auto convert = ggml_get_type_traits_cpu(type)->from_float;
    for (std::int64_t r = 0; r < count; ++r) {
      for (float& n : numbers) n = (static_cast<float>(dice.below(20'001)) - 10'000.0F) / static_cast<float>(1U << dice.below(20));
      if (r % 5 == 3) numbers.assign(numbers.size(), 0.0F);
      convert(numbers.data(), bytes.data() + static_cast<std::size_t>(r) * stride, columns);
    }
  }
  [[nodiscard]] const std::byte* row(std::int64_t r) const { return bytes.data() + static_cast<std::size_t>(r) * stride; }
  std::size_t stride;
  std::vector<std::byte> bytes;
};

/// How many of the elements of [from, to) x count differ from those computed one by one.
int differing(ggml_type type, std::int64_t columns, std::int64_t from, std::int64_t to, std::int64_t count) {
  const ggml_type as = ggml_get_type_traits_cpu(type)->vec_dot_type;
  const rows_of weights(type, columns, to, 1), inputs(as, columns, count, 2);
  const matrix all{type, columns, to, weights.bytes.data()};
  constexpr float untouched = 4711;
  std::vector<std::vector<float>> found(dot_tile::most, std::vector<float>(static_cast<std::size_t>(to - from) + 1, untouched));
  std::array<float*, dot_tile::most> out{};
  for (std::size_t t = 0; t < out.size(); ++t) out[t] = found[t].data();
  dot_tile(type, columns, count, [&](std::int64_t t) { return inputs.row(t); }).multiply(all, from, to, out.data());
  int wrong = 0;
  for (std::int64_t t = 0; t < dot_tile::most; ++t) {
    const std::vector<float>& row = found[static_cast<std::size_t>(t)];
    wrong += row.back() != untouched;
    for (std::int64_t w = from; w < to; ++w) {
      float alone = untouched;
      if (t < count) dot_function(type)(static_cast<int>(columns), &alone, 0, weights.row(w), 0, inputs.row(t), 0, 1);
      wrong += row[static_cast<std::size_t>(w - from)] != alone;
    }
  }
  return wrong;
}

}  // namespace

TEST_CASE("every number of rows on both sides, and every length") {
  ggml_cpu_init();
  MESSAGE("Q8_0 in blocks here: ", dot_tile::has_blocks());
  for (const std::int64_t columns : {32, 64, 512, 1'024, 8'192, 8'224})
    for (std::int64_t count = 1; count <= dot_tile::most; ++count)
      for (const std::int64_t to : {1, 2, 3, 4, 5, 7, 8, 13}) {
        CAPTURE(columns);
        CAPTURE(count);
        CAPTURE(to);
        CHECK(differing(GGML_TYPE_Q8_0, columns, 0, to, count) == 0);
        if (to > 2) CHECK(differing(GGML_TYPE_Q8_0, columns, 2, to, count) == 0);
      }
}

TEST_CASE("other types as ggml has them") {
  ggml_cpu_init();
  for (const ggml_type type : {GGML_TYPE_F16, GGML_TYPE_Q4_0, GGML_TYPE_Q5_1})
    for (const std::int64_t count : {1, 3, 8}) {
      CAPTURE(ggml_type_name(type));
      CHECK(differing(type, 256, 1, 6, count) == 0);
    }
}
