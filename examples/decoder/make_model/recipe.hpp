// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>

#include <ggml.h>
#include <moesaic/core/result.hpp>

namespace moesaic::decoder {

/// A model to invent: an architecture of the decoder with random weights. The defaults are a tiny one.
struct recipe {
  std::string architecture = "qwen3moe";  ///< llama, qwen3 or qwen3moe
  std::uint64_t seed = 1;
  std::int64_t layers = 2;
  std::int64_t width = 64;
  std::int64_t heads = 4;
  std::int64_t key_value_heads = 2;
  std::int64_t head_width = 32;
  std::int64_t experts = 8;  ///< 0: dense
  std::int64_t top_k = 2;
  std::int64_t inner = 32;        ///< of an expert, or of the dense feed-forward part
  std::int64_t vocabulary = 512;  ///< 260 and more: comes with a byte-level tokenizer
  std::int64_t context = 2'048;
  ggml_type type = GGML_TYPE_F32;         ///< of all matrices but the router
  ggml_type down_type = GGML_TYPE_COUNT;  ///< of the down matrices of every other layer; COUNT: as the others
  bool tied = false;                      ///< output = embedding
  bool one_tensor_per_expert = false;     ///< as older files have them
  float rope_base = 10'000.0F;
  float rope_scaling = 1.0F;  ///< linear: positions are divided by it
  bool rope_factors = false;  ///< with a rope_freqs.weight of divisors between 1 and 2
};

/// Writes the model to `path` (beside it first, renamed when complete). The same recipe gives the same bytes on every machine
/// with this ggml.
/// Memory: a few MiB, whatever the model's size. Errors: bad_argument (a recipe that is no model), cannot_open,
/// transfer_failed (full disk).
[[nodiscard]] result<void> make_model(const recipe& what, const std::string& path);

/// The type of that name ("Q4_K", "f16", ...) or COUNT; only types that rows can be made in.
[[nodiscard]] ggml_type type_named(const std::string& name);

}  // namespace moesaic::decoder
