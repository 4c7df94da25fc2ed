// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>

#include <ggml.h>
#include <moesaic/core/result.hpp>

namespace moesaic::decoder {

/// A model to invent: an architecture of the decoder with random weights. The defaults are a tiny one.
struct recipe {
  std::string architecture = "qwen3moe";
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

  // What only some architectures have; the others pass it over.
  std::int64_t shared = 64;         ///< inside width of the shared expert; 0: none (qwen2moe always has one)
  std::int64_t dense_layers = 0;    ///< so many first layers have no experts (deepseek2, glm4moe)
  std::int64_t further_layers = 0;  ///< layers behind, that guess further tokens (glm4moe)
  std::int64_t rotary = 0;          ///< dimensions of a head that turn; 0: all (deepseek2: half of them)
  std::int64_t latent = 32;         ///< numbers that deepseek2 keeps for a token
  std::int64_t query_rank = 0;      ///< deepseek2: what queries are made from; 0: from the row
  bool latent_together = false;     ///< deepseek2: keys and values in one matrix, as older files have them
  bool sigmoid = false;             ///< deepseek2: gates and a bias for the choice as in V3
  std::int64_t groups = 1;          ///< of experts (deepseek2)
  std::int64_t groups_used = 1;
  std::int64_t window = 8;  ///< what gpt-oss sees in every other layer
  std::int64_t files = 1;   ///< split over so many, named OUT-00001-of-00003.gguf
  std::int64_t topics =
      0;  ///< tokens fall into so many groups of neighbours with similar embeddings, so that a text about one topic keeps using some experts; 0: none
  float embedding_gain = 1;  ///< standard deviation of the embedding: the more, the more routing depends on the token itself
  float attention_gain = 1;  ///< of what attention adds: the less, the less all tokens of a text grow alike and route to the same experts
  bool long_factors = false;  ///< with rope_factors_long.weight and rope_factors_short.weight (phimoe)
  float yarn = 1;           ///< contexts longer by this factor than the original 64 positions (deepseek2, gpt-oss)
};

/// Writes the model to `path` (beside it first, renamed when complete), or to as many files as the recipe wants. The same recipe gives the same bytes on every
/// machine with this ggml. Memory: a few MiB, whatever the model's size. Errors: bad_argument (a recipe that is no model), cannot_open, transfer_failed (full
/// disk).
[[nodiscard]] result<void> make_model(const recipe& what, const std::string& path);

/// The type of that name ("Q4_K", "f16", ...) or COUNT; only types that rows can be made in.
[[nodiscard]] ggml_type type_named(const std::string& name);

}  // namespace moesaic::decoder
