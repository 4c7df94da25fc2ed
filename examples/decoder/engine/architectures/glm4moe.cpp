// SPDX-License-Identifier: MIT
// [architecture]
#include "architectures.hpp"

namespace moesaic::decoder {

namespace {

result<network> read(weight_source& source, cache_options cache) {
  layer_form form;
  form.pairs = rope_pairs::halves;
  form.norms = query_norms::by_head_if_any;
  form.second_norm = "post_attention_norm";
  form.by = gating::sigmoid;
  form.choice_bias = true;
  form.shared = shared_experts::plain;
  model_keys keys(source.file(), "glm4moe");
  return read_plain_network(source, keys, form, cache);
}

}  // namespace

/// GLM-4.5: half of a head turns, norms of heads in the larger sizes, first layers dense, sigmoid gates with a bias for the choice, a
/// shared expert. The layers behind, which guess further tokens, are left out.
const architecture glm4moe_architecture{"glm4moe", read};

}  // namespace moesaic::decoder
// [/architecture]
