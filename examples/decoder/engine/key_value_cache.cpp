// SPDX-License-Identifier: MIT
#include "key_value_cache.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include <ggml-cpu.h>

#include "row_math.hpp"

namespace moesaic::decoder {

result<key_value_cache> key_value_cache::make(cache_options options, std::int64_t heads, std::int64_t key_width, std::int64_t value_width) {
  key_value_cache cache;
  cache.options_ = options;
  cache.stride_ = padded(options.context);
  cache.heads_ = heads;
  cache.key_width_ = key_width;
  cache.value_width_ = value_width;
  cache.element_ = ggml_type_size(options.type);
  const auto width = static_cast<std::uint64_t>(heads * (key_width + value_width)) * cache.element_;
  const auto context = static_cast<std::uint64_t>(cache.stride_);
  if (context == 0 || width == 0 || context > (std::uint64_t{1} << 46U) / width)
    return error(error_code::bad_argument, "a context of ", options.context, " positions is not possible; choose between 1 and a few hundred thousand");
  cache.bytes_ = context * width;
  void* memory = ::mmap(nullptr, cache.bytes_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED)
    return error(error_code::out_of_memory, "no memory for a context of ", options.context, " positions (", cache.bytes_,
                 " bytes in each layer); choose a shorter one");
  cache.memory_ = static_cast<std::byte*>(memory);
  return cache;
}

key_value_cache::key_value_cache(key_value_cache&& other) noexcept
    : options_(other.options_),
      stride_(other.stride_),
      heads_(other.heads_),
      key_width_(other.key_width_),
      value_width_(other.value_width_),
      element_(other.element_),
      memory_(std::exchange(other.memory_, nullptr)),
      bytes_(other.bytes_) {}

key_value_cache::~key_value_cache() {
  if (memory_ != nullptr) ::munmap(memory_, bytes_);
}

std::byte* key_value_cache::key_at(std::int64_t head, std::int64_t position) const noexcept {
  return memory_ + static_cast<std::size_t>((head * options_.context + position) * key_width_) * element_;
}

std::byte* key_value_cache::value_at(std::int64_t head, std::int64_t dimension) const noexcept {
  const std::int64_t keys = heads_ * options_.context * key_width_;
  return memory_ + static_cast<std::size_t>(keys + (head * value_width_ + dimension) * stride_) * element_;
}

void key_value_cache::store(std::int64_t head, std::int64_t position, const float* key, const float* value) noexcept {
  const auto convert = ggml_get_type_traits_cpu(options_.type)->from_float;
  convert(key, key_at(head, position), key_width_);
  for (std::int64_t d = 0; d < value_width_; ++d) convert(value + d, value_at(head, d) + static_cast<std::size_t>(position) * element_, 1);
}

void key_value_cache::clear(std::int64_t from, std::int64_t to) noexcept {
  const std::int64_t end = std::min(to, options_.context);
  if (from >= end) return;
  const auto count = static_cast<std::size_t>(end - from) * element_;
  for (std::int64_t h = 0; h < heads_; ++h) {
    std::memset(key_at(h, from), 0, count * static_cast<std::size_t>(key_width_));
    for (std::int64_t d = 0; d < value_width_; ++d) std::memset(value_at(h, d) + static_cast<std::size_t>(from) * element_, 0, count);
  }
}

void key_value_cache::score(std::int64_t head, const void* query, std::int64_t first, std::int64_t end, float* scores) const noexcept {
  const auto dot = dot_function(options_.type);
  const std::size_t stride = static_cast<std::size_t>(key_width_) * element_;
  const std::byte* key = key_at(head, first);
  for (std::int64_t p = first; p < end; ++p, key += stride) dot(static_cast<int>(key_width_), scores++, 0, key, 0, query, 0, 1);
}

void key_value_cache::mix(std::int64_t head, const void* weights, std::int64_t first, std::int64_t end, float* out) const noexcept {
  const auto dot = dot_function(options_.type);
  const std::size_t skipped = static_cast<std::size_t>(first) * element_;
  for (std::int64_t d = 0; d < value_width_; ++d) dot(static_cast<int>(end - first), out + d, 0, value_at(head, d) + skipped, 0, weights, 0, 1);
}

}  // namespace moesaic::decoder
