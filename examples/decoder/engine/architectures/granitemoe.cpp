// SPDX-License-Identifier: MIT
#include "architectures.hpp"

namespace moesaic::decoder {

namespace {

result<network> read(weight_source& source, cache_options cache) {
  layer_form form;
  form.shared = shared_experts::plain;
  model_keys keys(source.file(), "granitemoe");
  return read_plain_network(source, keys, form, cache);
}

}  // namespace

/// Granite-MoE: Mixtral with scales for embedding, residual, attention and logits, and in some sizes a shared expert.
const architecture granitemoe_architecture{"granitemoe", read};

}  // namespace moesaic::decoder
