// SPDX-License-Identifier: MIT
#include <cmath>
#include <cstring>
#include <limits>
#include <random>
#include <vector>

#include <doctest/doctest.h>
#include <engine/row_math.hpp>

using namespace moesaic::decoder;

namespace {

std::vector<float> drawn(std::size_t count, std::uint32_t seed, float width) {
  std::mt19937 bits(seed);
  std::vector<float> out(count);
  for (float& x : out) x = (static_cast<float>(bits() >> 8U) / 8'388'608.0F - 1.0F) * width;
  return out;
}

float dot(const row_functions& f, const std::vector<float>& a, const std::vector<float>& b, std::size_t n) {
  float out = NAN;
  f.dot(static_cast<int>(n), &out, 0, a.data(), 0, b.data(), 0, 1);
  return out;
}

bool same_bits(const std::vector<float>& a, const std::vector<float>& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0;
}

constexpr float none = -std::numeric_limits<float>::infinity();  // no sink

}  // namespace

TEST_CASE("a dot product of whole numbers is exact at every length") {
  std::vector<float> a(300);
  std::vector<float> b(300);
  for (std::size_t i = 0; i < a.size(); ++i) {
    a[i] = static_cast<float>(static_cast<int>(i * 7 % 23) - 11);
    b[i] = static_cast<float>(static_cast<int>(i * 5 % 19) - 9);
  }
  for (const row_functions& f : row_functions_here()) {
    int exact = 0;
    for (std::size_t n = 0; n < a.size(); ++n) {
      REQUIRE(dot(f, a, b, n) == static_cast<float>(exact));
      exact += static_cast<int>(a[n]) * static_cast<int>(b[n]);
    }
  }
}

TEST_CASE("whole blocks of 64 round a product and its sum once, the rest round the product first") {
  // (1 + 2^-12)^2 = 1 + 2^-11 + 2^-24, of which a product of its own keeps 1 + 2^-11.
  const float x = 1 + 0x1p-12F;
  const float minus_rounded = -(1 + 0x1p-11F);
  std::vector<float> a(128);
  std::vector<float> b(128);
  a[5] = minus_rounded;
  b[5] = 1;
  a[64 + 5] = b[64 + 5] = x;
  for (const row_functions& f : row_functions_here()) CHECK(dot(f, a, b, 128) == 0x1p-24F);
  a[64 + 5] = b[64 + 5] = 0;
  a[64] = b[64] = x;
  for (const row_functions& f : row_functions_here()) CHECK(dot(f, a, b, 65) == 0);
}

TEST_CASE("the four running sums of a lane are added as first and third, second and fourth") {
  // 2^24 + 1 is 2^24 in float, so where a 1 is added decides whether it counts.
  std::vector<float> a(64);
  const std::vector<float> ones(64, 1.0F);
  a[3] = 0x1p24F;
  a[3 + 16] = a[3 + 48] = 1;  // meet each other first
  for (const row_functions& f : row_functions_here()) CHECK(dot(f, a, ones, 64) == 0x1p24F + 2);
  a[3 + 48] = 0;
  a[3 + 32] = 1;  // each meets the large one alone
  for (const row_functions& f : row_functions_here()) CHECK(dot(f, a, ones, 64) == 0x1p24F);
  a[3 + 16] = a[3 + 32] = 0;
  a[3 + 8] = a[3 + 8 + 4] = 1;  // lanes 11 and 15: 3 + 11 comes before 7 + 15
  for (const row_functions& f : row_functions_here()) CHECK(dot(f, a, ones, 64) == 0x1p24F);
  a[3 + 8] = 0;
  a[3 + 4] = 1;  // lanes 7 and 15 meet before lane 3
  for (const row_functions& f : row_functions_here()) CHECK(dot(f, a, ones, 64) == 0x1p24F + 2);
}

TEST_CASE("softmax is right, sums to one, and padding changes no bit") {
  for (const std::size_t count : {1U, 5U, 8U, 16U, 17U, 64U, 333U}) {
    const std::vector<float> in = drawn(count, 7 + static_cast<std::uint32_t>(count), 40);
    double sum = 0;
    for (const float x : in) sum += std::exp(0.25 * static_cast<double>(x) - 10);
    for (const row_functions& f : row_functions_here()) {
      std::vector<float> out = in;
      f.softmax(out.data(), static_cast<std::int64_t>(count), 0.25F, none);
      double total = 0;
      for (std::size_t i = 0; i < count; ++i) {
        CHECK(static_cast<double>(out[i]) == doctest::Approx(std::exp(0.25 * static_cast<double>(in[i]) - 10) / sum).epsilon(1e-6));
        total += static_cast<double>(out[i]);
      }
      CHECK(total == doctest::Approx(1).epsilon(1e-6));
    }
  }
  std::vector<float> whole = drawn(48, 3, 10);
  std::vector<float> padded = whole;
  padded.resize(256, -std::numeric_limits<float>::infinity());
  softmax(whole.data(), 48, 0.5F);
  softmax(padded.data(), 256, 0.5F);
  for (std::size_t i = 48; i < 256; ++i) CHECK(padded[i] == 0);
  padded.resize(48);
  CHECK(same_bits(whole, padded));
}

TEST_CASE("the exponential is right to two units in the last place, also where results are no longer normal") {
  for (const row_functions& f : row_functions_here()) {
    std::vector<float> row(16);
    double worst = 0;
    for (float x = -87; x <= 0; x += 1e-3F) {
      std::fill(row.begin(), row.end(), -std::numeric_limits<float>::infinity());
      row[0] = 0;  // its share is 1 / (1 + e^x), which takes the rounding of the sum out of the ratio
      row[1] = x;
      f.softmax(row.data(), 16, 1, none);
      const double exact = std::exp(static_cast<double>(x));
      worst = std::max(worst, std::fabs(static_cast<double>(row[1]) / static_cast<double>(row[0]) - exact) / exact);
    }
    CHECK(worst < 3e-7);  // two units are 2.4e-7; the two shares are rounded as well
    for (const float x : {-88.0F, -95.0F, -100.0F, -103.0F}) {
      std::fill(row.begin(), row.end(), -std::numeric_limits<float>::infinity());
      row[0] = 0;
      row[1] = x;
      f.softmax(row.data(), 16, 1, none);
      CHECK(std::fabs(static_cast<double>(row[1]) - std::exp(static_cast<double>(x))) <
            static_cast<double>(std::numeric_limits<float>::denorm_min()) + 3e-7 * std::exp(static_cast<double>(x)));
    }
    for (const float x : {-105.0F, -150.0F, -1e30F}) {
      row.assign(16, x);
      row[0] = 0;
      f.softmax(row.data(), 16, 1, none);
      CHECK(row[0] == 1);
      CHECK(row[1] == 0);
    }
    row.assign(16, 0.0F);
    row[3] = NAN;
    f.softmax(row.data(), 16, 1, none);
    CHECK(std::isnan(row[3]));
  }
}

TEST_CASE("a gate lets through what its logistic function says") {
  const std::vector<float> gate = drawn(70, 11, 30);
  const std::vector<float> up = drawn(70, 12, 3);
  for (const row_functions& f : row_functions_here()) {
    std::vector<float> out(70);
    f.gated(gate.data(), up.data(), out.data(), 70);
    for (std::size_t i = 0; i < out.size(); ++i) {
      const auto g = static_cast<double>(gate[i]);
      CHECK(static_cast<double>(out[i]) == doctest::Approx(g / (1 + std::exp(-g)) * static_cast<double>(up[i])).epsilon(1e-6));
    }
    const float far[] = {-200.0F, 200.0F, 0.0F};
    const float two[] = {2.0F, 2.0F, 2.0F};
    float opened[3];
    f.gated(far, two, opened, 3);
    CHECK(opened[0] == 0);
    CHECK(opened[1] == 400);
    CHECK(opened[2] == 0);
  }
}

TEST_CASE("pairs turn by their angle, side by side or in halves") {
  const float quarter_and_half[] = {0, 1, -1, 0};  // {cosine, sine} of two pairs
  for (const row_functions& f : row_functions_here()) {
    float side_by_side[] = {1, 2, 3, 4};
    f.turn_pairs(side_by_side, side_by_side + 1, 2, quarter_and_half, 2);
    CHECK(side_by_side[0] == -2);
    CHECK(side_by_side[1] == 1);
    CHECK(side_by_side[2] == -3);
    CHECK(side_by_side[3] == -4);
    float halves[] = {1, 3, 2, 4};
    f.turn_pairs(halves, halves + 2, 1, quarter_and_half, 2);
    CHECK(halves[0] == -2);
    CHECK(halves[2] == 1);
    CHECK(halves[1] == -3);
    CHECK(halves[3] == -4);
  }
}

TEST_CASE("every kind of machine gets the same bits") {
  const auto kinds = row_functions_here();
  REQUIRE(!kinds.empty());
  if (kinds.size() == 1) MESSAGE("there is one kind here, so there is nothing to compare");
  for (const std::size_t n : {1U, 31U, 64U, 96U, 200U, 1'024U}) {
    const std::vector<float> a = drawn(n, static_cast<std::uint32_t>(n), 4);
    const std::vector<float> b = drawn(n, static_cast<std::uint32_t>(n) + 1, 4);
    const auto length = static_cast<std::int64_t>(n);
    std::vector<std::vector<float>> of_kind;
    for (const row_functions& f : kinds) {
      std::vector<float> all{dot(f, a, b, n)};
      std::vector<float> out = a;
      f.softmax(out.data(), length, 3, none);
      all.insert(all.end(), out.begin(), out.end());
      f.gated(a.data(), b.data(), out.data(), length);
      all.insert(all.end(), out.begin(), out.end());
      out = a;
      f.turn_pairs(out.data(), out.data() + n / 2, 1, b.data(), length / 2);
      all.insert(all.end(), out.begin(), out.end());
      of_kind.push_back(std::move(all));
    }
    for (const auto& one : of_kind) CHECK(same_bits(one, of_kind.front()));
  }
}

TEST_CASE("rows that are not F32 keep ggml's dot product") {
  const bool kept = dot_function(GGML_TYPE_Q8_0) == ggml_get_type_traits_cpu(GGML_TYPE_Q8_0)->vec_dot;
  CHECK(kept);
  const bool ours = dot_function(GGML_TYPE_F32) == row_functions_here().front().dot;
  CHECK(ours);
}
