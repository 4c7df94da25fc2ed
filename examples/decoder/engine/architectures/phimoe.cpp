// SPDX-License-Identifier: MIT
#include "architectures.hpp"

namespace moesaic::decoder {

namespace {

result<network> read(weight_source& source, cache_options cache) {
  layer_form form;
  form.pairs = rope_pairs::halves;
  form.norm_biases = true;
  form.scales_queries = true;
  model_keys keys(source.file(), "phimoe");
  return read_plain_network(source, keys, form, cache);
}

}  // namespace

/// Phi-3.5-MoE: norms, attention and output have biases, LongRoPE; softmax, the chosen weights renormalised. The norms are RMS norms
/// with a bias, because so llama.cpp computes this architecture, whose answers are the reference; the model's own code has layer norms.
const architecture phimoe_architecture{"phimoe", read};

}  // namespace moesaic::decoder
