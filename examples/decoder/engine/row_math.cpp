// SPDX-License-Identifier: MIT
#include "row_math.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

#if defined(__GNUC__)
#define MOESAIC_INTO_CALLER [[gnu::always_inline]] inline
#else
#define MOESAIC_INTO_CALLER inline
#endif

// x86-64 builds ask for less than most machines have, so the bodies are compiled twice there. Only functions of this file are
// compiled for more than the build asks for, and none that another file could be linked with.
#if defined(__GNUC__) && defined(__x86_64__)
#define MOESAIC_TWO_KINDS
#include <immintrin.h>
#endif

namespace moesaic::decoder {

namespace {

constexpr std::int64_t lanes = 16;

/// a * b + c, rounded once. The builtin becomes an instruction even where nothing is optimised.
MOESAIC_INTO_CALLER float fused(float a, float b, float c) noexcept {
#if defined(__GNUC__)
  return __builtin_fmaf(a, b, c);
#else
  return std::fma(a, b, c);
#endif
}

MOESAIC_INTO_CALLER float sum_of_lanes(const float* lane) noexcept {
  float s[8];
  for (int i = 0; i < 8; ++i) s[i] = lane[i] + lane[i + 8];
  for (int i = 0; i < 4; ++i) s[i] += s[i + 4];
  return (s[0] + s[2]) + (s[1] + s[3]);
}

MOESAIC_INTO_CALLER float dot_body(const float* a, const float* b, std::int64_t n) noexcept {
  float sum[4 * lanes] = {};
  std::int64_t i = 0;
  for (; i + 4 * lanes <= n; i += 4 * lanes)
    for (std::int64_t j = 0; j < 4 * lanes; ++j) sum[j] = fused(a[i + j], b[i + j], sum[j]);
  for (std::int64_t j = 0; j < 2 * lanes; ++j) sum[j] += sum[j + 2 * lanes];
  for (std::int64_t j = 0; j < lanes; ++j) sum[j] += sum[j + lanes];
  float total = sum_of_lanes(sum);
  for (; i < n; ++i) total += a[i] * b[i];
  return total;
}

/// x = n ln 2 + r; 2^n by its exponent bits, e^r by a polynomial with the coefficients of Arm's optimized routines (MIT), which
/// ggml has too. Beyond +-150 the result is 0 or infinite anyway; clamping there lets 2^n be the product of two normal numbers,
/// so that a result too small to be normal is rounded once.
MOESAIC_INTO_CALLER float exponential(float x) noexcept {
  x = x < -150.0F ? -150.0F : x;
  x = x > 150.0F ? 150.0F : x;
  constexpr float to_whole = 0x1.8p23F;  // adding it rounds to a whole number
  const float z = fused(x, 0x1.715476p+0F, to_whole);
  const float n = z - to_whole;
  const float r = fused(-n, 0x1.7f7d1cp-20F, fused(-n, 0x1.62e4p-1F, x));  // ln 2 in two parts
  const float square = r * r;
  const float high = fused(fused(0x1.0e4020p-7F, r, 0x1.573e2ep-5F), square, fused(0x1.555e66p-3F, r, 0x1.fffdb6p-2F));
  const float power = fused(high, square, fused(0x1.ffffecp-1F, r, 1.0F));
  const auto whole = static_cast<std::int32_t>(std::bit_cast<std::uint32_t>(z) - std::bit_cast<std::uint32_t>(to_whole));
  const std::int32_t half = whole >> 1;
  const float first = std::bit_cast<float>(static_cast<std::uint32_t>(127 + half) << 23U);
  const float second = std::bit_cast<float>(static_cast<std::uint32_t>(127 + (whole - half)) << 23U);
  return power * first * second;
}

MOESAIC_INTO_CALLER void softmax_body(float* values, std::int64_t count, float scale, float sink) noexcept {
  float largest = sink;
  for (std::int64_t i = 0; i < count; ++i) {
    values[i] *= scale;
    largest = values[i] > largest ? values[i] : largest;
  }
  double sum = 0;
  std::int64_t i = 0;
  for (; i + lanes <= count; i += lanes) {
    for (std::int64_t j = 0; j < lanes; ++j) values[i + j] = exponential(values[i + j] - largest);
    sum += static_cast<double>(sum_of_lanes(values + i));
  }
  for (; i < count; ++i) sum += static_cast<double>(values[i] = std::exp(values[i] - largest));
  if (sink > -INFINITY) sum += static_cast<double>(std::exp(sink - largest));
  const auto share = static_cast<float>(1.0 / sum);
  for (i = 0; i < count; ++i) values[i] *= share;
}

MOESAIC_INTO_CALLER void gated_body(const float* gate, const float* up, float* out, std::int64_t count) noexcept {
  for (std::int64_t i = 0; i < count; ++i) out[i] = gate[i] / (1.0F + exponential(-gate[i])) * up[i];
}

#if defined(MOESAIC_TWO_KINDS)
/// dot_body with its sums in registers: g++ 12 keeps an array of them in memory, which costs four times as much at 64 floats.
[[gnu::target("avx2,fma")]] inline __m256 products(__m256 sum, const float* a, const float* b) noexcept {
  return _mm256_fmadd_ps(_mm256_loadu_ps(a), _mm256_loadu_ps(b), sum);
}
[[gnu::target("avx2,fma")]] inline float dot_in_registers(const float* a, const float* b, std::int64_t n) noexcept {
  __m256 s0 = _mm256_setzero_ps();
  __m256 s1 = s0, s2 = s0, s3 = s0, s4 = s0, s5 = s0, s6 = s0, s7 = s0;
  std::int64_t i = 0;
  for (; i + 4 * lanes <= n; i += 4 * lanes) {
    s0 = products(s0, a + i, b + i);
    s1 = products(s1, a + i + 8, b + i + 8);
    s2 = products(s2, a + i + 16, b + i + 16);
    s3 = products(s3, a + i + 24, b + i + 24);
    s4 = products(s4, a + i + 32, b + i + 32);
    s5 = products(s5, a + i + 40, b + i + 40);
    s6 = products(s6, a + i + 48, b + i + 48);
    s7 = products(s7, a + i + 56, b + i + 56);
  }
  const __m256 low = _mm256_add_ps(_mm256_add_ps(s0, s4), _mm256_add_ps(s2, s6));
  const __m256 high = _mm256_add_ps(_mm256_add_ps(s1, s5), _mm256_add_ps(s3, s7));
  const __m256 eight = _mm256_add_ps(low, high);
  const __m128 four = _mm_add_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
  const __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
  float total = _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)));
  for (; i < n; ++i) total += a[i] * b[i];
  return total;
}
#endif

MOESAIC_INTO_CALLER void turn_body(float* a, float* b, std::int64_t step, const float* turns, std::int64_t pairs) noexcept {
  for (std::int64_t i = 0; i < pairs; ++i) {
    const float x = a[i * step];
    const float y = b[i * step];
    a[i * step] = fused(x, turns[2 * i], -(y * turns[2 * i + 1]));
    b[i * step] = fused(x, turns[2 * i + 1], y * turns[2 * i]);
  }
}

// clang-format off
#define MOESAIC_KIND(name, machine, dot_product)                                                                          \
  struct name {                                                                                                           \
    machine static void dot(int n, float* out, std::size_t, const void* a, std::size_t, const void* b, std::size_t, int) { \
      *out = dot_product(static_cast<const float*>(a), static_cast<const float*>(b), n);                                  \
    }                                                                                                                     \
    machine static void softmax(float* v, std::int64_t n, float scale, float sink) noexcept {                              \
      softmax_body(v, n, scale, sink);                                                                                    \
    }                                                                                                                     \
    machine static void gated(const float* g, const float* u, float* out, std::int64_t n) noexcept {                      \
      gated_body(g, u, out, n);                                                                                           \
    }                                                                                                                     \
    machine static void turn(float* a, float* b, std::int64_t step, const float* t, std::int64_t n) noexcept {            \
      turn_body(a, b, step, t, n);                                                                                        \
    }                                                                                                                     \
    static constexpr row_functions all{dot, softmax, gated, turn};                                                        \
  }
// clang-format on

MOESAIC_KIND(any_machine, , dot_body);
#if defined(MOESAIC_TWO_KINDS)
MOESAIC_KIND(with_fused_sums, [[gnu::target("avx2,fma")]], dot_in_registers);
constexpr row_functions kinds[] = {with_fused_sums::all, any_machine::all};
bool runs_all() noexcept { return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"); }
#else
constexpr row_functions kinds[] = {any_machine::all};
bool runs_all() noexcept { return true; }
#endif

const row_functions& in_use() noexcept { return kinds[runs_all() ? 0 : 1]; }

}  // namespace

std::span<const row_functions> row_functions_here() noexcept { return std::span(kinds).subspan(runs_all() ? 0 : 1); }

ggml_vec_dot_t dot_function(ggml_type rows) noexcept { return rows == GGML_TYPE_F32 ? in_use().dot : ggml_get_type_traits_cpu(rows)->vec_dot; }

void softmax(float* values, std::int64_t count, float scale, float sink) noexcept { in_use().softmax(values, count, scale, sink); }

void gated(const float* gate, const float* up, float* out, std::int64_t count) noexcept { in_use().gated(gate, up, out, count); }

void clamped_gated(const float* gate, const float* up, float* out, std::int64_t count) noexcept {
  for (std::int64_t i = 0; i < count; ++i) {
    const float g = std::min(gate[i], 7.0F);
    const float u = std::clamp(up[i], -7.0F, 7.0F);
    out[i] = g / (1.0F + std::exp(1.702F * -g)) * (u + 1.0F);
  }
}

void turn_pairs(float* a, float* b, std::int64_t step, const float* turns, std::int64_t pairs) noexcept { in_use().turn_pairs(a, b, step, turns, pairs); }

}  // namespace moesaic::decoder
