// SPDX-License-Identifier: MIT
#include "architectures.hpp"

namespace moesaic::decoder {

namespace {

result<network> read(weight_source& source, cache_options cache) {
  layer_form form;
  form.pairs = rope_pairs::halves;
  form.second_norm = "post_attention_norm";
  form.by = gating::softmax_of_chosen;
  form.renormalise = false;
  form.biases = true;
  form.opens = activation::clamped;
  form.sinks = true;
  form.slides_every = 2;
  model_keys keys(source.file(), "gpt-oss");
  return read_plain_network(source, keys, form, cache);
}

}  // namespace

/// gpt-oss: biases everywhere, attention sinks, every other layer sees a window only, gates with limits, softmax over the chosen; its
/// experts come in MXFP4.
const architecture gpt_oss_architecture{"gpt-oss", read};

}  // namespace moesaic::decoder
