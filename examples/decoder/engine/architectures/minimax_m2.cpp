// SPDX-License-Identifier: MIT
#include "architectures.hpp"

namespace moesaic::decoder {

namespace {

result<network> read(weight_source& source, cache_options cache) {
  layer_form form;
  form.pairs = rope_pairs::halves;
  form.norms = query_norms::of_all;
  form.by = gating::sigmoid;
  form.choice_bias = true;
  model_keys keys(source.file(), "minimax-m2");
  return read_plain_network(source, keys, form, cache);
}

}  // namespace

/// MiniMax-M2: RMS norms over all heads together, half of a head turns, sigmoid gates with a bias for the choice, renormalised.
const architecture minimax_m2_architecture{"minimax-m2", read};

}  // namespace moesaic::decoder
