// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace moesaic::decoder {

/// Numbers of one tensor, the same for a seed and a name wherever and in however many pieces they are made. Even spread, not
/// normal: four numbers from one 64-bit step, because models of gigabytes are made of them.
class random_rows {
 public:
  random_rows(std::uint64_t seed, std::string_view name) noexcept : state_(seed * 0x9E3779B97F4A7C15U + 0xD1B54A32D192ED03U) {
    for (const char c : name) state_ = step() ^ static_cast<unsigned char>(c);
  }

  /// Fills with mean `center` and standard deviation `spread`. Pieces have to be multiples of 4 numbers, but for the last.
  void fill(std::span<float> out, float center, float spread) noexcept {
    const float unit = spread * 1.7320508F / 32'768.0F;
    std::uint64_t bits = 0;
    for (std::size_t i = 0; i < out.size(); ++i) {
      if (i % 4 == 0) bits = step();
      out[i] = center + unit * (static_cast<float>(bits & 0xFFFFU) - 32'767.5F);
      bits >>= 16U;
    }
  }

 private:
  std::uint64_t step() noexcept {  // SplitMix64
    std::uint64_t z = state_ += 0x9E3779B97F4A7C15U;
    z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9U;
    z = (z ^ (z >> 27U)) * 0x94D049BB133111EBU;
    return z ^ (z >> 31U);
  }
  std::uint64_t state_;
};

}  // namespace moesaic::decoder
