// SPDX-License-Identifier: MIT
#include "architectures.hpp"

namespace moesaic::decoder {

namespace {

result<network> read(weight_source& source, cache_options cache) {
  layer_form form;
  model_keys keys(source.file(), "llama");
  return read_plain_network(source, keys, form, cache);
}

}  // namespace

/// Llama and Mixtral: neighbouring elements of a head turn together; softmax over all experts, the chosen weights renormalised.
const architecture llama_architecture{"llama", read};

}  // namespace moesaic::decoder
