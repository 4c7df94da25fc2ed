// SPDX-License-Identifier: MIT
#include "dot_tile.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>

#include <ggml-cpu.h>

#include "row_math.hpp"

#if defined(__GNUC__) && defined(__x86_64__)
#define MOESAIC_HAS_TILES
#include <immintrin.h>
#if !defined(__clang__)  // g++ 12 says so of its own header, whose undefined registers are meant
#pragma GCC diagnostic ignored "-Wuninitialized"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif
#endif

namespace moesaic::decoder {

#if defined(MOESAIC_HAS_TILES)
#define MOESAIC_TILE_MACHINE gnu::target("avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx2,fma,f16c")

namespace {

constexpr std::size_t block_bytes = 34;  // a half for the scale, 32 whole numbers

bool runs_here() noexcept {
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
         __builtin_cpu_supports("avx512vnni") && __builtin_cpu_supports("fma");
}

[[MOESAIC_TILE_MACHINE]] inline float scale_of(const std::byte* at) noexcept {
  std::uint16_t half = 0;
  std::memcpy(&half, at, sizeof half);
  return _cvtsh_ss(half);
}

[[MOESAIC_TILE_MACHINE]] inline __m256 twice(float a) noexcept { return _mm256_set1_ps(a); }

/// ggml's order of the last additions.
[[MOESAIC_TILE_MACHINE]] inline float sum_of(__m256 x) noexcept {
  __m128 sum = _mm_add_ps(_mm256_extractf128_ps(x, 1), _mm256_castps256_ps128(x));
  sum = _mm_add_ps(sum, _mm_movehl_ps(sum, sum));
  return _mm_cvtss_f32(_mm_add_ss(sum, _mm_movehdup_ps(sum)));
}

/// Two rows of weights lie in the halves of a register, so that one instruction multiplies both with a row of the tile. The tile's
/// numbers are 128 too large, because the instruction wants one side without a sign: `less` is what that adds, taken off beforehand.
template <int pairs, int tokens>
[[MOESAIC_TILE_MACHINE]] inline void run(const std::byte* const* rows, const std::uint8_t* values, const float* scales, std::int64_t blocks,
                                         float (*out)[dot_tile::most]) noexcept {
  __m512 sums[pairs][tokens];
  for (int p = 0; p < pairs; ++p)
    for (int t = 0; t < tokens; ++t) sums[p][t] = _mm512_setzero_ps();
  const __m512i offset = _mm512_set1_epi8(static_cast<char>(128));
  const std::size_t ahead = 2 * pairs * static_cast<std::size_t>(blocks) * block_bytes;  // the rows after these: memory brings one stream by itself, not four
  for (std::int64_t b = 0; b < blocks; ++b, values += dot_tile::most * 32, scales += dot_tile::most) {
    __m512i weights[pairs], less[pairs];
    __m512 scale[pairs];
    for (int p = 0; p < pairs; ++p) {
      const std::byte* const low = rows[2 * p] + static_cast<std::size_t>(b) * block_bytes;
      const std::byte* const high = rows[2 * p + 1] + static_cast<std::size_t>(b) * block_bytes;
      _mm_prefetch(reinterpret_cast<const char*>(low + ahead), _MM_HINT_T0);
      _mm_prefetch(reinterpret_cast<const char*>(high + ahead), _MM_HINT_T0);
      weights[p] = _mm512_inserti64x4(_mm512_castsi256_si512(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(low + 2))),
                                      _mm256_loadu_si256(reinterpret_cast<const __m256i*>(high + 2)), 1);
      scale[p] = _mm512_insertf32x8(_mm512_castps256_ps512(twice(scale_of(low))), twice(scale_of(high)), 1);
      less[p] = _mm512_sub_epi32(_mm512_setzero_si512(), _mm512_dpbusd_epi32(_mm512_setzero_si512(), offset, weights[p]));
    }
    for (int t = 0; t < tokens; ++t) {
      const __m512i row = _mm512_broadcast_i64x4(_mm256_load_si256(reinterpret_cast<const __m256i*>(values + t * 32)));
      const __m512 of_row = _mm512_set1_ps(scales[t]);
      for (int p = 0; p < pairs; ++p)
        sums[p][t] = _mm512_fmadd_ps(_mm512_mul_ps(scale[p], of_row), _mm512_cvtepi32_ps(_mm512_dpbusd_epi32(less[p], row, weights[p])), sums[p][t]);
    }
  }
  for (int p = 0; p < pairs; ++p)
    for (int t = 0; t < tokens; ++t) {
      out[2 * p][t] = sum_of(_mm512_castps512_ps256(sums[p][t]));
      out[2 * p + 1][t] = sum_of(_mm512_extractf32x8_ps(sums[p][t], 1));
    }
}

using runner = void (*)(const std::byte* const*, const std::uint8_t*, const float*, std::int64_t, float (*)[dot_tile::most]) noexcept;

template <int pairs, int... tokens>
constexpr std::array<runner, sizeof...(tokens)> runners(std::integer_sequence<int, tokens...>) noexcept {
  return {run<pairs, tokens + 1>...};
}
constexpr auto by_two = runners<1>(std::make_integer_sequence<int, dot_tile::most>()), by_four = runners<2>(std::make_integer_sequence<int, dot_tile::most>());

}  // namespace

bool dot_tile::has_blocks() noexcept {
  static const bool same = runs_here() && agrees_with_ggml();
  return same;
}

[[MOESAIC_TILE_MACHINE]] void dot_tile::lay_out() noexcept {
  for (std::int64_t t = 0; t < count_; ++t) {
    const std::byte* at = rows_[static_cast<std::size_t>(t)];
    for (std::int64_t b = 0; b < columns_ / block; ++b, at += block_bytes) {
      const auto place = static_cast<std::size_t>(b * most + t);
      scales_[place] = scale_of(at);
      const __m256i numbers = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(at + 2));
      _mm256_store_si256(reinterpret_cast<__m256i*>(values_.data() + place * block), _mm256_xor_si256(numbers, _mm256_set1_epi8(static_cast<char>(128))));
    }
  }
}

void dot_tile::multiply_blocks(const matrix& weights, std::int64_t from, std::int64_t to, float* const* out) const noexcept {
  const auto wide = static_cast<std::size_t>(count_ - 1);
  for (std::int64_t w = from; w < to;) {
    const std::int64_t taken = to - w < 4 ? std::min<std::int64_t>(to - w, 2) : 4;
    const std::byte* of[4];
    for (std::int64_t i = 0; i < 4; ++i) of[i] = weights.row(w + std::min(i, taken - 1));
    float found[4][most];
    (taken == 4 ? by_four : by_two)[wide](of, values_.data(), scales_.data(), columns_ / block, found);
    for (std::int64_t t = 0; t < count_; ++t)
      for (std::int64_t i = 0; i < taken; ++i) out[t][w - from + i] = found[i][t];
    w += taken;
  }
}

/// Another order of additions would show in one of these sums: their terms are of all sizes.
bool dot_tile::agrees_with_ggml() noexcept {
  constexpr std::int64_t columns = 40 * block, rows = 9;
  const ggml_type_traits_cpu& q8 = *ggml_get_type_traits_cpu(GGML_TYPE_Q8_0);
  constexpr std::size_t row_bytes = columns / block * block_bytes;
  if (row_bytes != ggml_row_size(GGML_TYPE_Q8_0, columns) || q8.vec_dot_type != GGML_TYPE_Q8_0 || q8.vec_dot == nullptr) return false;
  std::array<float, columns> numbers{};
  std::array<std::byte, rows * row_bytes> all{};
  const matrix weights{GGML_TYPE_Q8_0, columns, rows, all.data()};
  std::uint32_t dice = 1;
  for (std::size_t r = 0; r < rows; ++r) {
    for (float& n : numbers) {
      dice = dice * 1'664'525U + 1'013'904'223U;
      n = static_cast<float>(static_cast<std::int32_t>(dice)) / static_cast<float>(1U << (dice >> 8U & 15U));
    }
    q8.from_float(numbers.data(), all.data() + r * row_bytes, columns);
  }
  dot_tile tile(GGML_TYPE_F32, columns, most, [&](std::int64_t t) { return weights.row(t); });
  tile.lay_out();
  std::array<std::array<float, rows>, most> found{};
  std::array<float*, most> out{};
  for (std::size_t t = 0; t < most; ++t) out[t] = found[t].data();
  tile.multiply_blocks(weights, 0, rows, out.data());
  for (std::size_t t = 0; t < most; ++t)
    for (std::size_t w = 0; w < rows; ++w) {
      float one = 0;
      q8.vec_dot(columns, &one, 0, weights.row(static_cast<std::int64_t>(w)), 0, weights.row(static_cast<std::int64_t>(t)), 0, 1);
      if (std::bit_cast<std::uint32_t>(one) != std::bit_cast<std::uint32_t>(found[t][w])) return false;
    }
  return true;
}

#else

bool dot_tile::has_blocks() noexcept { return false; }
void dot_tile::lay_out() noexcept {}
void dot_tile::multiply_blocks(const matrix&, std::int64_t, std::int64_t, float* const*) const noexcept {}

#endif

void dot_tile::multiply(const matrix& weights, std::int64_t from, std::int64_t to, float* const* out) const noexcept {
  if (in_blocks()) return multiply_blocks(weights, from, to, out);
  const auto dot = dot_function(type_);
  for (std::int64_t w = from; w < to; ++w)
    for (std::int64_t t = 0; t < count_; ++t)
      dot(static_cast<int>(columns_), out[t] + (w - from), 0, weights.row(w), 0, rows_[static_cast<std::size_t>(t)], 0, 1);
}

}  // namespace moesaic::decoder
