// SPDX-License-Identifier: MIT
#include "architectures.hpp"

namespace moesaic::decoder {

namespace {

result<network> read(weight_source& source, cache_options cache) {
  layer_form form;
  form.pairs = rope_pairs::halves;
  form.norms = query_norms::by_head;
  model_keys keys(source.file(), "qwen3");
  return read_plain_network(source, keys, form, cache);
}

}  // namespace

/// Qwen3 (dense): RMS norms of query and key heads, halves of a head turn together.
const architecture qwen3_architecture{"qwen3", read};

}  // namespace moesaic::decoder
