// SPDX-License-Identifier: MIT
#pragma once

#include "../layer_reader.hpp"
#include "../network.hpp"

namespace moesaic::decoder {

// Each in a file of its own; a new one is declared here and named in architectures.cpp.
extern const architecture llama_architecture;
extern const architecture qwen3_architecture;
extern const architecture qwen3moe_architecture;

}  // namespace moesaic::decoder
