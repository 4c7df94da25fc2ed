// SPDX-License-Identifier: MIT
#include "architectures.hpp"

namespace moesaic::decoder {

namespace {

result<network> read(weight_source& source, cache_options cache) {
  layer_form form;
  form.pairs = rope_pairs::halves;
  form.renormalise = false;
  form.shared = shared_experts::gated;
  model_keys keys(source.file(), "qwen2moe");
  return read_plain_network(source, keys, form, cache);
}

}  // namespace

/// Qwen1.5-MoE and Qwen2-MoE: biases of query, key and value; softmax over all experts, not renormalised; a shared expert behind a
/// gate of its own.
const architecture qwen2moe_architecture{"qwen2moe", read};

}  // namespace moesaic::decoder
