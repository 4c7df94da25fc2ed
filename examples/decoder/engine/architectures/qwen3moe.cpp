// SPDX-License-Identifier: MIT
#include "architectures.hpp"

namespace moesaic::decoder {

namespace {

result<network> read(weight_source& source, cache_options cache) {
  layer_form form;
  form.pairs = rope_pairs::halves;
  form.norms = query_norms::by_head;
  model_keys keys(source.file(), "qwen3moe");
  return read_plain_network(source, keys, form, cache);
}

}  // namespace

/// Qwen3-MoE: Qwen3 with routed experts, softmax over all of them, the chosen weights renormalised.
const architecture qwen3moe_architecture{"qwen3moe", read};

}  // namespace moesaic::decoder
