// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <limits>
#include <span>

#include <ggml-cpu.h>

namespace moesaic::decoder {

/// Sums, exponentials and turns over rows of floats, where a model's numbers are not quantised.
///
/// The last bit matters here: it decides to which side an activation falls when it is rounded to 8 bits, and from there on greedy
/// text can take another way. So each function has one order of additions and says where a product and a sum round once: those
/// of llama.cpp with 512-bit registers, one token at a time. Its logits come out bit by bit (docs/design/0012). What the machine
/// has decides the speed alone: two 256-bit registers make sixteen lanes, and std::fma rounds once everywhere, if slowly.

/// The dot product that rows of this type are computed with, called as ggml's, which it is for all types but F32. There it has
/// four times sixteen running sums, added in halves; what lies behind the last whole 64 is then added one by one, products rounded.
[[nodiscard]] ggml_vec_dot_t dot_function(ggml_type rows) noexcept;

/// values[i] = e^(scale * values[i] - largest) / sum of them, in place; -infinity becomes 0. Sixteen at a time, the rest one by
/// one with std::exp; padding by -infinity to a multiple of sixteen keeps a row in the lanes. A sink is one value more, not
/// scaled, that takes its share and is not written.
void softmax(float* values, std::int64_t count, float scale, float sink = -std::numeric_limits<float>::infinity()) noexcept;

/// out[i] = gate[i] / (1 + e^-gate[i]) * up[i]; the exponential is within 2 units in the last place.
void gated(const float* gate, const float* up, float* out, std::int64_t count) noexcept;

/// The same with a limit, as gpt-oss has it: gates above 7 count as 7, ups beyond +-7 as +-7;
/// out[i] = gate[i] / (1 + e^(-1.702 gate[i])) * (up[i] + 1).
void clamped_gated(const float* gate, const float* up, float* out, std::int64_t count) noexcept;

/// Turns pair i, (a[i * step], b[i * step]), by the angle with the cosine turns[2i] and the sine turns[2i + 1].
void turn_pairs(float* a, float* b, std::int64_t step, const float* turns, std::int64_t pairs) noexcept;

/// The functions above, compiled for one kind of machine.
struct row_functions {
  ggml_vec_dot_t dot;  // of F32
  void (*softmax)(float*, std::int64_t, float, float) noexcept;
  void (*gated)(const float*, const float*, float*, std::int64_t) noexcept;
  void (*turn_pairs)(float*, float*, std::int64_t, const float*, std::int64_t) noexcept;
};

/// All kinds that run here, the quickest first, which is the one in use. They give the same bits.
[[nodiscard]] std::span<const row_functions> row_functions_here() noexcept;

}  // namespace moesaic::decoder
