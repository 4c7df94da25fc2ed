// SPDX-License-Identifier: MIT
#include "architectures.hpp"

namespace moesaic::decoder {

/// Llama and Mixtral: neighbouring elements of a head turn together; softmax over all experts, the chosen weights renormalised.
const architecture llama_architecture{"llama", [](weight_source& source, cache_options cache) -> result<network> {
                                        model_keys keys(source.file(), "llama");
                                        return read_plain_network(source, keys, rope_pairs::neighbours, false, cache);
                                      }};

}  // namespace moesaic::decoder
