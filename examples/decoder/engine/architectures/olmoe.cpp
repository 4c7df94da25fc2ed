// SPDX-License-Identifier: MIT
#include "architectures.hpp"

namespace moesaic::decoder {

namespace {

result<network> read(weight_source& source, cache_options cache) {
  layer_form form;
  form.pairs = rope_pairs::halves;
  form.norms = query_norms::of_all;
  form.renormalise = false;
  model_keys keys(source.file(), "olmoe");
  return read_plain_network(source, keys, form, cache);
}

}  // namespace

/// OLMoE: RMS norms over all query heads and all key heads together; softmax over all experts, not renormalised.
const architecture olmoe_architecture{"olmoe", read};

}  // namespace moesaic::decoder
