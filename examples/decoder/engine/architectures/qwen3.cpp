// SPDX-License-Identifier: MIT
#include "architectures.hpp"

namespace moesaic::decoder {

/// Qwen3 (dense): RMS norms of query and key heads, halves of a head turn together.
const architecture qwen3_architecture{"qwen3", [](weight_source& source, cache_options cache) -> result<network> {
                                        model_keys keys(source.file(), "qwen3");
                                        return read_plain_network(source, keys, rope_pairs::halves, true, cache);
                                      }};

}  // namespace moesaic::decoder
