// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include <ggml.h>
#include <moesaic/core/result.hpp>

namespace moesaic::decoder {

struct cache_options {
  std::int64_t context = 0;        ///< positions
  ggml_type type = GGML_TYPE_F32;  ///< F32 or F16
};

/// Keys and values of one layer. Keys are kept [head][position][dimension], values turned, [head][dimension][position], so
/// that both the scores and the weighted sum are dot products over neighbouring numbers. What is taken back becomes 0 again, so the
/// cache is then, byte for byte, one that never held it, and nothing infinite stays behind the last position.
/// Memory: context * heads * (key_width + value_width) numbers, reserved at once, taken from the system when first written.
class key_value_cache {
 public:
  [[nodiscard]] static result<key_value_cache> make(cache_options options, std::int64_t heads, std::int64_t key_width, std::int64_t value_width);
  key_value_cache(key_value_cache&& other) noexcept;
  key_value_cache& operator=(key_value_cache&&) = delete;
  ~key_value_cache();

  /// Stores what one head has at one position.
  void store(std::int64_t head, std::int64_t position, const float* key, const float* value) noexcept;
  /// scores[p - first] = query . key of position p, for p in [first, end). The query is in the cache's type.
  void score(std::int64_t head, const void* query, std::int64_t first, std::int64_t end, float* scores) const noexcept;
  /// out[d] = sum over p in [first, end) of weights[p - first] * value d of position p. The weights are in the cache's type.
  /// `end` may be the padded one: what is not written yet, or was taken back, is 0.
  void mix(std::int64_t head, const void* weights, std::int64_t first, std::int64_t end, float* out) const noexcept;

  /// Positions [from, to) become what they were before anything was stored there.
  void clear(std::int64_t from, std::int64_t to) noexcept;

  /// Rounded up to what the dot products take at once.
  static constexpr std::int64_t step = 64;
  [[nodiscard]] static constexpr std::int64_t padded(std::int64_t positions) noexcept { return (positions + step - 1) / step * step; }

  [[nodiscard]] ggml_type type() const noexcept { return options_.type; }
  [[nodiscard]] std::int64_t context() const noexcept { return options_.context; }
  [[nodiscard]] std::int64_t key_width() const noexcept { return key_width_; }
  [[nodiscard]] std::uint64_t bytes() const noexcept { return bytes_; }
  [[nodiscard]] std::span<const std::byte> memory() const noexcept { return {memory_, bytes_}; }

 private:
  key_value_cache() = default;
  [[nodiscard]] std::byte* key_at(std::int64_t head, std::int64_t position) const noexcept;
  [[nodiscard]] std::byte* value_at(std::int64_t head, std::int64_t dimension) const noexcept;

  cache_options options_;
  std::int64_t stride_ = 0;  // positions of a row of values: the context, padded
  std::int64_t heads_ = 0;
  std::int64_t key_width_ = 0;
  std::int64_t value_width_ = 0;
  std::size_t element_ = 0;
  std::byte* memory_ = nullptr;
  std::uint64_t bytes_ = 0;
};

}  // namespace moesaic::decoder
