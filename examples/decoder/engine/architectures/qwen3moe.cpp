// SPDX-License-Identifier: MIT
#include "architectures.hpp"

namespace moesaic::decoder {

/// Qwen3-MoE: Qwen3 with routed experts, softmax over all of them, the chosen weights renormalised.
const architecture qwen3moe_architecture{"qwen3moe", [](weight_source& source, cache_options cache) -> result<network> {
                                           model_keys keys(source.file(), "qwen3moe");
                                           return read_plain_network(source, keys, rope_pairs::halves, true, cache);
                                         }};

}  // namespace moesaic::decoder
